"""Builds the binaries of a Go module: static, without paths, from the versions that go.sum pins."""

from __future__ import annotations

import shutil
from pathlib import Path

from slipway.artifacts import process, toolchain
from slipway.artifacts.doing import gobuild
from slipway.artifacts.model import GoUnit
from slipway.errors import SlipwayError

#: Part of the key: a change in how things are built builds them anew.
RECIPE = 2

#: What every call of Go has. GOGC: the compilers collect garbage less often, for a fifth less time. They stay below
#: what the linker takes (2 GB).
ENVIRONMENT = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GO111MODULE": "on", "GOWORK": "off", "GOGC": "400"}
# What debuggers read is not linked (-s -w), so no compiler need write it; traces of a panic have their lines from
# another table. These are of Go's key of a compiled package: the same for all units, or nothing is shared.
_COMPILER = ("-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false")
_OFFLINE = "let Go reach a module proxy ($GOPROXY)"


def flags(unit: GoUnit) -> list[str]:
    """The arguments of ``go build`` but for output and package."""
    variables = [f"-X {name}={value}" for name, value in unit.variables]
    mode = "vendor" if unit.vendor else "readonly"
    tags = ["-tags", ",".join(unit.tags)] if unit.tags else []
    return [f"-mod={mode}", *_COMPILER, *tags, "-ldflags", " ".join(["-s -w", *variables])]


def build(unit: GoUnit, work: Path, out: Path, log: Path) -> None:
    """Build all binaries of a unit into ``out``; ``work`` is an empty directory for intermediate files."""
    go = toolchain.program()
    source = _vendored(unit, work, go, log) if unit.vendor else unit.directory
    for name, package in unit.binaries:
        # What there is to compile, and with -v what is compiled: progress tells n of m.
        _call([go, "list", "-deps", "-f", gobuild.STALE, *flags(unit), package], source, f"binary {name}", log)
        _call([go, "build", "-v", *flags(unit), "-o", out / name, package], source, f"binary {name}", log)


def _call(words: list[str | Path], source: Path, where: str, log: Path) -> None:
    process.run(words, log=log, where=where, remedy=_OFFLINE, cwd=source, env=ENVIRONMENT)


def _vendored(unit: GoUnit, work: Path, go: Path, log: Path) -> Path:
    """A copy of the module with its dependencies beside it, and what their zips lack put back."""
    source = work / "source"
    shutil.copytree(unit.directory, source)
    # With -e files that a package embeds may be missing still; whatever else is missing, the build itself finds.
    vendor: list[str | Path] = [go, "mod", "vendor", *(["-e"] if unit.restore else [])]
    _call(vendor, source, f"binaries {unit.name}", log)
    for item in unit.restore:
        target = source / "vendor" / item.path
        origin = source / item.source if item.source.startswith("./") else source / "vendor" / item.source
        if not origin.is_file():
            raise SlipwayError(
                f"{item.source} is not in the vendored tree",
                f"{unit.directory}/build.yaml",
                "the module has changed: correct `restore`",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(origin.read_bytes())
    return source
