"""What ``go list`` and ``go build -v`` say."""

from __future__ import annotations

import re

from slipway.artifacts.doing.model import Doing, calls, count

#: Makes ``go list -deps -f`` print a line for each package that will be compiled.
STALE = "{{if .Stale}}to compile: {{.ImportPath}}{{end}}"
#: How much of a build is compiling; the rest is linking.
_COMPILING = 0.9
_DOWNLOAD = re.compile(r"^go: downloading (\S+ \S+)$", re.MULTILINE)
_TO_COMPILE = re.compile(r"^to compile: ", re.MULTILINE)
#: An import path on a line of its own: a blank or a colon is in every other message.
_PACKAGE = re.compile(r"^[\w.~+-]+(?:/[\w.~+-]+)*$")


def doing(log: str) -> Doing:
    """Downloading, compiling n of m, or linking; by the last program of the log."""
    programs = calls(log)
    if not programs:
        return Doing()
    command, _, output = programs[-1].partition("\n")
    if " build " in command:
        return _compiling(programs, re.search(r" -o \S*/([^/\s]+) ", command))
    downloads = _DOWNLOAD.findall(output)
    if downloads:
        return Doing(f"downloading modules: {count(len(downloads))} so far, now {downloads[-1]}")
    return Doing("collecting the modules" if " mod " in command else "finding out what there is to compile")


def _compiling(programs: list[str], output: re.Match[str] | None) -> Doing:
    binary = output[1] if output else "the binary"
    packages = _packages(programs[-1])
    whole = len(_TO_COMPILE.findall(programs[-2])) if len(programs) > 1 else 0
    # A unit's later binaries need little more than its first: they begin where it ended.
    before = sum(len(_packages(program)) for program in programs[:-1])
    part = _COMPILING * (before + len(packages)) / (before + whole) if before + whole else None
    if whole and len(packages) >= whole:
        return Doing(f"linking {binary}", part)
    if not packages:
        return Doing(f"compiling {binary}", part)
    so_far = f"package {count(len(packages))} of {count(whole)}" if whole else f"{count(len(packages))} packages so far"
    return Doing(f"compiling {binary}: {so_far}, now {packages[-1]}", part)


def _packages(program: str) -> list[str]:
    """What ``go build -v`` has begun to compile."""
    command, _, output = program.partition("\n")
    return [line for line in output.splitlines() if _PACKAGE.match(line)] if " build " in command else []
