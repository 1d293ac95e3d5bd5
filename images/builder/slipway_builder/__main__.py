"""`python3 -m slipway_builder --model DIRECTORY --base IMAGE --image IMAGE`: the model's image, made and pushed.

MODEL_NAME, SERVICE_TYPE, API_TYPE and PERSISTENCE: --env, else this process's environment, else .s2i/environment.
Credentials: the Docker configuration in $DOCKER_CONFIG. Exit codes: 0 done, 1 failed, 2 the model cannot be used.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from slipway_builder import append, layer, model, packages, trust
from slipway_builder.commands import CommandFailed, run


def main(arguments: list[str] | None = None) -> int:
    """Make and push the image."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if not given.check and not (given.base and given.image):
        parser.error("--base and --image are needed")
    start = time.monotonic()
    try:
        found = model.read(given.model, model.settings(given.env))
        if given.check:
            print(f"{given.model}: {found.environment['MODEL_NAME']}, made by --method {_method(found)}")
            return 0
        if found.needs_builder and given.method == "append":
            raise model.BadModel(f"{given.model} has a {found.installs}, which needs --method build")
        with tempfile.TemporaryDirectory() as work:
            os.environ.update(trust.gather(Path(work) / "ca.crt"))
            tars = _layers(found, given, Path(work))
            append.build(found, given.base, given.image, tars, run, insecure=given.insecure == "true")
    except model.BadModel as error:
        print(error, file=sys.stderr)
        return 2
    except CommandFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{given.image} made by {given.method} in {time.monotonic() - start:.1f} s")
    return 0


def _layers(found: model.Model, given: argparse.Namespace, work: Path) -> list[Path]:
    """The packages first: a model that changes does not move them again."""
    tars = []
    if given.method == "build" and found.needs_builder:
        packages.check(found, given.venv)
        before, after = (packages.listing((given.listings / name).read_text()) for name in ("before", "after"))
        count = packages.write(given.venv, before, after, work / "packages.tar")
        print(f"{count} files of packages")
        tars += [work / "packages.tar"] if count else []
    layer.write(found, work / "model.tar")
    return [*tars, work / "model.tar"]


def _method(found: model.Model) -> str:
    return "build" if found.needs_builder else "append"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="slipway_builder", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="the model's directory, in s2i layout")
    parser.add_argument("--base", default="", help="the serving image, in a registry")
    parser.add_argument("--image", default="", help="the image to make and push")
    parser.add_argument(
        "--method", choices=("append", "build"), default="append", help="build: packages were installed"
    )
    parser.add_argument("--venv", type=Path, default=Path("/build/venv"), help="build: the environment after pip")
    parser.add_argument("--listings", type=Path, default=Path("/build"), help="build: what was in it before and after")
    parser.add_argument("--env", action="append", default=[], metavar="KEY=VALUE", help="a setting of the model")
    parser.add_argument("--check", action="store_true", help="say whether the model can be used, and make nothing")
    flag: dict[str, Any] = {"nargs": "?", "const": "true", "default": "false", "choices": ("true", "false")}
    parser.add_argument("--insecure", **flag, help="the registry speaks plain HTTP")
    return parser


if __name__ == "__main__":
    sys.exit(main())
