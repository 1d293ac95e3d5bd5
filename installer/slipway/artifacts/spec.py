"""Reads ``images/*/image.yaml`` and ``images/*/go/build.yaml``."""

from __future__ import annotations

import re
from pathlib import Path

from slipway.artifacts import documents
from slipway.artifacts.model import GoUnit, ImageSpec, Restore, Rootfs
from slipway.errors import BadInput

GO_FOLDER = "go"


def read_image(directory: Path) -> ImageSpec:
    """The image that a directory describes. Raises BadInput with file and line."""
    path = directory / "image.yaml"
    data = documents.load(path, "image")
    if data["name"] != directory.name:
        raise BadInput(f"name {data['name']!r} differs from its directory's {directory.name!r}", str(path))
    rootfs = None
    if "rootfs" in data:
        raw = data["rootfs"]
        user = raw.get("user", {})
        rootfs = Rootfs(
            suite=raw["suite"],
            packages=tuple(sorted(raw["packages"])),
            user=user.get("name", ""),
            user_id=user.get("id", 0),
            env=tuple(sorted(raw.get("env", {}).items())),
        )
    return ImageSpec(
        name=data["name"],
        directory=directory,
        description=data["description"],
        base=data["base"],
        licenses=data["licenses"],
        source=data["source"],
        binaries=tuple(data.get("binaries", ())),
        tags=tuple(data.get("tags", ())),
        companions=tuple(data.get("companions", ())),
        rootfs=rootfs,
    )


def check_dockerfile(path: Path, base: str) -> None:
    """A Dockerfile has to take its base from the argument BASE, unless its base is ``scratch``."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        raise BadInput("the file does not exist", str(path), "write it, or a `rootfs:` in image.yaml") from None
    expected = r"FROM\s+scratch\b" if base == "scratch" else r"FROM\s+\$\{?BASE\}?(\s|$)"
    stages = [(number, line) for number, line in enumerate(lines, 1) if re.match(r"FROM\s", line)]
    if not stages:
        raise BadInput("no FROM line", f"{path}:1")
    # Only the last stage is shipped; earlier ones may stand on it or on the same base.
    number, line = stages[-1]
    if not any(re.match(expected, line) for _, line in stages):
        wanted = "FROM scratch" if base == "scratch" else "ARG BASE and FROM ${BASE}"
        raise BadInput(f"{line!r} does not use the base that image.yaml names", f"{path}:{number}", f"write {wanted}")
    if base != "scratch" and not any(re.match(r"ARG\s+BASE\b", line) for line in lines[: stages[0][0]]):
        raise BadInput("ARG BASE is missing before the first FROM", f"{path}:{stages[0][0]}", "write ARG BASE above it")


def read_go(directory: Path) -> GoUnit:
    """The Go module in ``images/<name>/go``. Raises BadInput with file and line."""
    folder = directory / GO_FOLDER
    data = documents.load(folder / "build.yaml", "go")
    for name in ("go.mod", "go.sum"):
        if not (folder / name).is_file():
            raise BadInput(f"{name} is missing", str(folder), "run `go mod tidy` there and commit what it writes")
    return GoUnit(
        name=directory.name,
        directory=folder,
        binaries=tuple(sorted(data["binaries"].items())),
        variables=tuple(sorted(data.get("set", {}).items())),
        tags=tuple(sorted(data.get("tags", ()))),
        vendor=data.get("vendor", False),
        restore=tuple(Restore(**item) for item in data.get("restore", ())),
    )
