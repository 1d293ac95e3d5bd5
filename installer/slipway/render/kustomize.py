"""Running kustomize, on a copy of the tree in which the settings' files hold the merged values."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from slipway.documents.fast import LOADER
from slipway.errors import SlipwayError
from slipway.kube.objects import Obj

TIMEOUT = 60.0
#: A program of Go that ends in a moment need not collect its garbage as often: a third of its time was that.
QUICK = {"GOGC": "400"}


@functools.cache
def command() -> tuple[str, ...]:
    """How to call kustomize: $SLIPWAY_KUSTOMIZE, the pinned binary, what PATH has, or the pinned one built now.

    Raises SlipwayError when it cannot be built.
    """
    from slipway import artifacts
    from slipway.progress import Reporter

    named = os.environ.get("SLIPWAY_KUSTOMIZE")
    if named:
        return (named, "build")
    try:
        return (str(artifacts.binary("kustomize")), "build")
    except SlipwayError:
        for tool, words in (("kustomize", ("build",)), ("kubectl", ("kustomize",))):
            program = shutil.which(tool)
            if program:
                return (program, *words)
    artifacts.ensure(["binary/kustomize"], Reporter())
    return (str(artifacts.binary("kustomize")), "build")


@contextmanager
def copied_tree(root: Path) -> Iterator[Path]:
    """A temporary copy of manifests/ and overlays/, to write settings into."""
    with TemporaryDirectory(prefix="slipway-render-") as name:
        copy = Path(name)
        for part in ("manifests", "overlays"):
            shutil.copytree(root / part, copy / part, symlinks=True)
        yield copy


def write_settings(directories: Iterable[Path], values: Mapping[str, str]) -> None:
    """Put the values into the settings.env files of these directories: an overlay's and those that it builds upon."""
    text = "".join(f"{key}={value}\n" for key, value in values.items())
    for directory in directories:
        (directory / "settings.env").write_text(text, encoding="utf-8")


def build(directory: Path, where: str) -> list[Obj]:
    """``kustomize build``: the objects. Raises SlipwayError with kustomize's own words."""
    try:
        done = subprocess.run(
            [*command(), str(directory)],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
            env={**QUICK, **os.environ},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SlipwayError(f"kustomize did not run: {error}", where) from error
    if done.returncode != 0:
        lines = tuple(line for line in done.stderr.replace(str(directory), where).splitlines() if line.strip())
        raise SlipwayError("kustomize cannot build it", where, f"try: kustomize build {where}", lines[-5:])
    return parse(done.stdout, where)


def parse(text: str, where: str) -> list[Obj]:
    """The objects of a multi-document YAML; Lists are taken apart."""
    try:
        documents = [document for document in yaml.load_all(text, Loader=LOADER) if document]
    except yaml.YAMLError as error:
        raise SlipwayError(f"kustomize's output is not YAML: {error}", where) from error
    objects: list[Obj] = []
    for document in documents:
        kind = str(document.get("kind", ""))
        objects += document.get("items") or [] if kind == "List" else [document]
    return objects
