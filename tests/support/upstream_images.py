"""`python tests/support/upstream_images.py DIRECTORY`: upstream's programs, out of the images that the manifests name.

For those of Katib and Seldon Core, which are in no package that could be built here. Takes a way to their registries.
Exit codes: 0 all are there, 1 an image cannot be read or lacks a file.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from slipway import artifacts, paths
from slipway.catalog import load_catalog
from slipway.catalog.selection import Choice
from slipway.errors import SlipwayError
from slipway.progress import Reporter
from slipway.render import Facts, render
from slipway.render.images import unchanged

COMPONENTS = ("katib", "seldon")
#: The last part of an image's name → file in it → name here; a folder stands for all files in it.
FILES: Mapping[str, Mapping[str, str]] = {
    "katib-controller": {"app/katib-controller": "katib-controller"},
    "katib-db-manager": {"app/katib-db-manager": "katib-db-manager"},
    "suggestion-goptuna": {"opt/katib/goptuna-suggestion": "goptuna-suggestion"},
    "file-metrics-collector": {"app/file-metricscollector": "file-metricscollector"},
    "seldon-core-operator": {"manager": "seldon-manager", "tmp/operator-resources": "operator-resources"},
}


def references(texts: Iterable[str], names: Iterable[str]) -> dict[str, str]:
    """Image by its name's last part, as it stands anywhere in the texts. Raises SlipwayError for one that does not."""
    joined, found = "\n".join(texts), {}
    for name in names:
        match = re.search(
            rf"[a-z0-9.:-]+/[a-z0-9./_-]+/{re.escape(name)}:[A-Za-z0-9._-]+(@sha256:[0-9a-f]{{64}})?", joined
        )
        if not match:
            raise SlipwayError(f"no image {name} in the manifests", "manifests/", "correct FILES")
        found[name] = match.group(0)
    return found


def rendered() -> list[str]:
    """The upstream editions' objects, as JSON."""
    texts = []
    for name in COMPONENTS:
        choices = {name: Choice(edition="upstream")}
        catalog = load_catalog(paths.distribution(), "ci", [name], follow=False, choices=choices)
        objects = render(catalog, {}, Facts("workbench", lambda: "192.0.2.10"), unchanged)[name].objects
        texts.append(json.dumps(objects))
    return texts


def extract(crane: Path, image: str, files: Mapping[str, str], directory: Path) -> None:
    """Write an image's files into a directory. Raises SlipwayError when it cannot be read, or lacks one of them."""
    left = set(files)
    with subprocess.Popen([crane, "export", image, "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                for member in archive:
                    source = PurePosixPath(member.name)
                    wanted = next(
                        (f for f in files if source == PurePosixPath(f) or PurePosixPath(f) in source.parents), ""
                    )
                    content = archive.extractfile(member) if wanted and member.isfile() else None
                    if content is not None:
                        target = directory / files[wanted] / source.relative_to(wanted)
                        target.parent.mkdir(parents=True, exist_ok=True)
                        target.write_bytes(content.read())
                        target.chmod(0o755 if member.mode & 0o100 else 0o644)
                        left.discard(wanted)
        except tarfile.ReadError:
            left = set(files)
        words = process.stderr.read().decode(errors="replace").strip()
    if process.returncode:
        raise SlipwayError(
            f"the image cannot be read: {words[-300:]}", image, "its registry must be reachable from here"
        )
    if left:
        raise SlipwayError(f"the image lacks {', '.join(sorted(left))}", image, "correct FILES")


def kept(directory: Path, image: str, targets: Iterable[str]) -> bool:
    """Whether the files are there: of this image, or put there by somebody else."""
    mark = directory / f"{image.rpartition('/')[2].partition(':')[0]}.image"
    return all((directory / target).exists() for target in targets) and (not mark.exists() or mark.read_text() == image)


def main(arguments: list[str]) -> int:
    """Get all that is not there yet."""
    directory = Path(arguments[0])
    reporter = Reporter()
    artifacts.ensure(["binary/crane"], reporter)
    try:
        for name, image in references(rendered(), FILES).items():
            if kept(directory, image, FILES[name].values()):
                continue
            with reporter.step("upstream", image):
                extract(artifacts.binary("crane"), image, FILES[name], directory)
            (directory / f"{name}.image").write_text(image)
    except SlipwayError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
