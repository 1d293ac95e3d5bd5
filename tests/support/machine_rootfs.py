"""Root file systems of the tests' machines: made once by mmdebstrap from this machine's Debian sources, and kept."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from slipway import paths
from slipway.artifacts import apt, hostnet, store

SUITE = "bookworm"


def kept(name: str, recipe: Sequence[Any], make: Callable[[Path], None]) -> Path:
    """A directory of Slipway's cache that ``make`` fills when there is none of this recipe; older ones are removed."""
    key = hashlib.sha256(json.dumps([SUITE, *recipe]).encode()).hexdigest()[:16]
    place = paths.cache() / name / key
    with store.exclusive(f"test-{name}"):
        if not (place / "complete").exists():
            shutil.rmtree(place.parent, ignore_errors=True)
            place.mkdir(parents=True)
            make(place)
            (place / "complete").touch()
    return place


def make(root: Path, include: Sequence[str], hooks: Sequence[str], options: Sequence[str] = ()) -> None:
    """A minimal Debian with these packages in the new directory ``root``.

    ``hooks`` are shell commands, ``"$1"`` in them is the new system. Raises RuntimeError with mmdebstrap's last words.
    """
    root.mkdir()
    with tempfile.TemporaryDirectory(prefix="slipway-rootfs-") as work:
        tar = Path(work) / "root.tar"
        configuration = Path(work) / "apt.conf"
        bundle = hostnet.ca_bundle()
        trust = [f'Acquire::https::CAInfo "{bundle}";'] if bundle else []
        configuration.write_text("\n".join([*trust, *hostnet.apt_options()]) + "\n")
        sources = apt.debian_sources(apt.host_sources(), SUITE)
        _run(
            "mmdebstrap",
            "--variant=minbase",
            "--mode=root",
            "--format=tar",
            "--hook-directory=/usr/share/mmdebstrap/hooks/merged-usr",
            f"--include={','.join(include)}",
            f"--aptopt={configuration}",
            *options,
            *(f"--customize-hook={hook}" for hook in hooks),
            SUITE,
            str(tar),
            *(apt.Source(item.uri, item.suite, item.components).line for item in sources),
        )
        # Device nodes are each machine's own.
        _run("tar", "--extract", "--preserve-permissions", f"--file={tar}", f"--directory={root}", "--exclude=./dev/*")


def _run(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-3000:]}")
