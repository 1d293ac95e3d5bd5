"""`python -m slipway_crds [COMPONENT…]`: full schemas into manifests/<component>/<version>/crds-full of this tree.

Builds controller-gen when it is not there. Exit codes: 0 done, 1 failed, 2 an unknown component.
"""

from __future__ import annotations

import sys

from slipway import artifacts, paths
from slipway.errors import SlipwayError
from slipway.progress import Reporter

from slipway_crds.generate import FOLDER, GenerationFailed, write
from slipway_crds.sources import SOURCES


def main(wanted: list[str]) -> int:
    """Generate those that are named, or all."""
    known = {source.component for source in SOURCES}
    if unknown := set(wanted) - known:
        print(f"no Go types for {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}", file=sys.stderr)
        return 2
    root = paths.distribution()
    try:
        artifacts.ensure(["binary/controller-gen"], Reporter())
        for source in SOURCES:
            if not wanted or source.component in wanted:
                folder = source.directory(root) / FOLDER
                names = write(source, root / "images", artifacts.binary("controller-gen"), folder)
                print(f"{folder.relative_to(root)}: {len(names)} definitions")
    except (SlipwayError, GenerationFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
