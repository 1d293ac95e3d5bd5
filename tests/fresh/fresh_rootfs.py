"""A bare Debian with what README's Requirements name, and nothing more: a new user's machine before `git clone`."""

from __future__ import annotations

import re
from pathlib import Path

import machine_rootfs
from slipway.artifacts import apt

ROOT = Path(__file__).resolve().parents[2]
_LINE = re.compile(r"^apt-get install (?:-\S+ )*(.+)$", re.MULTILINE)


def required(readme: str) -> tuple[str, ...]:
    """The packages that the section Requirements tells to install."""
    section = readme.partition("\n## Requirements\n")[2].partition("\n## ")[0]
    found = _LINE.search(section)
    assert found, "README's Requirements have no line `apt-get install …`"
    return tuple(sorted(found[1].split()))


def hooks() -> tuple[str, ...]:
    """What is done to the new system ($1): this machine's Debian mirror, and nothing ever fetched from it."""
    sources = [
        apt.Source(s.uri, s.suite, s.components).line for s in apt.debian_sources(apt.host_sources(), "bookworm")
    ]
    lines = "\\n".join(sources)
    return (
        # Every installed Debian has it; nfs-ganesha reads it.
        'ln -s ../proc/self/mounts "$1"/etc/mtab',
        f'rm -rf "$1"/etc/apt/sources.list.d/*; printf \'{lines}\\n\' >"$1"/etc/apt/sources.list',
        'rm -rf "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/lib/apt/lists/* "$1"/etc/resolv.conf',
    )


def ensure() -> Path:
    """The file system, made when the cache lacks it (a minute); never changed afterwards."""
    packages = ("usr-is-merged", *required((ROOT / "README.md").read_text()))
    made = hooks()
    place = machine_rootfs.kept(
        "fresh", [packages, made], lambda place: machine_rootfs.make(place / "root", packages, made)
    )
    return place / "root"
