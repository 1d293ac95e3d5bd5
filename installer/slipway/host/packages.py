"""What an operation lacks on this machine, and having it installed before the operation begins."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from slipway.errors import SlipwayError
from slipway.host import apt, needs
from slipway.host.needs import Need
from slipway.host.run import environment
from slipway.progress import Reporter


def missing(wanted: Iterable[Need]) -> list[str]:
    """The packages of these whose programs or files are not there. Asks no package manager: a millisecond."""
    path = environment()["PATH"]
    return [need.package for need in wanted if not _present(need, path)]


def lacking(operation: str) -> list[str]:
    """The packages that an operation lacks."""
    return missing(needs.of(operation))


def ensure(operation: str, reporter: Reporter) -> list[str]:
    """Install what an operation lacks, in a step of its own; the names. Nothing is done where nothing is missing.

    Raises SlipwayError, with the command that would install them, where apt may not.
    """
    wanted = lacking(operation)
    if not wanted:
        return []
    refuse(wanted)
    with reporter.step("host", f"packages: {', '.join(wanted)}"):
        apt.install(wanted, reporter)
    still = missing(needs.named(wanted))
    if still:
        raise SlipwayError(f"was installed, and its programs are not there: {', '.join(still)}", "packages")
    return wanted


def refuse(wanted: list[str]) -> None:
    """Raises SlipwayError, before anything is changed, where these packages cannot be installed from here."""
    names = ", ".join(wanted)
    if shutil.which("apt-get", path=environment()["PATH"]) is None:
        remedy = f"install them with your package manager; in Debian they are: {' '.join(wanted)}"
        raise SlipwayError(f"no apt-get here, and these packages are missing: {names}", "packages", remedy)
    if os.geteuid() != 0:
        remedy = f"as root: {apt.command(wanted)}"
        raise SlipwayError(f"not root, and these packages are missing: {names}", "packages", remedy)


def _present(need: Need, path: str) -> bool:
    programs = all(shutil.which(program, path=path) for program in need.programs)
    return programs and all(any(Path("/").glob(pattern[1:])) for pattern in need.files)
