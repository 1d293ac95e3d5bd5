"""`python3 -m slipway_builder --model DIRECTORY --base IMAGE --image IMAGE`: the model's image, made and pushed.

Credentials: the Docker configuration in $DOCKER_CONFIG. Exit codes: 0 done, 1 failed, 2 the model cannot be used.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from slipway_builder import append, full, model
from slipway_builder.commands import CommandFailed, run


def main(arguments: list[str] | None = None) -> int:
    """Make and push the image."""
    given = _parser().parse_args(arguments)
    start = time.monotonic()
    try:
        found = model.read(given.model)
        if found.needs_builder and given.method == "append":
            raise model.BadModel(f"{given.model} has a {model.REQUIREMENTS}, which needs --method build")
        with tempfile.TemporaryDirectory() as work:
            make = append.build if given.method == "append" else full.build
            make(found, given.base, given.image, Path(work), run, insecure=given.insecure)
    except model.BadModel as error:
        print(error, file=sys.stderr)
        return 2
    except CommandFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{given.image} made by {given.method} in {time.monotonic() - start:.1f} s")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="slipway_builder", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="the model's directory, in s2i layout")
    parser.add_argument("--base", required=True, help="the serving image, in a registry")
    parser.add_argument("--image", required=True, help="the image to make and push")
    parser.add_argument("--method", choices=("append", "build"), default="append")
    parser.add_argument("--insecure", action="store_true", help="the registry speaks plain HTTP")
    return parser


if __name__ == "__main__":
    sys.exit(main())
