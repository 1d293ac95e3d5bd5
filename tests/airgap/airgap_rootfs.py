"""A bare Debian: what an installer leaves before anything is installed. No Python, no containerd, no Go."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from slipway import paths
from slipway.artifacts import apt, hostnet, store

SUITE = "bookworm"
RECIPE = "2"


def ensure() -> Path:
    """The file system, made by mmdebstrap when the cache lacks it (half a minute); never changed afterwards."""
    key = hashlib.sha256(json.dumps([RECIPE, SUITE]).encode()).hexdigest()[:16]
    place = paths.cache() / "airgap" / key
    with store.exclusive("test-airgap"):
        if not (place / "complete").exists():
            shutil.rmtree(place.parent, ignore_errors=True)
            (place / "root").mkdir(parents=True)
            _make(place / "root")
            (place / "complete").touch()
    return place / "root"


def _make(root: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="slipway-airgap-") as work:
        tar = Path(work) / "root.tar"
        configuration = Path(work) / "apt.conf"
        bundle = hostnet.ca_bundle()
        trust = [f'Acquire::https::CAInfo "{bundle}";'] if bundle else []
        configuration.write_text("\n".join([*trust, *hostnet.apt_options()]) + "\n")
        sources = apt.debian_sources(apt.host_sources(), SUITE)
        _run(
            [
                "mmdebstrap",
                "--variant=minbase",
                "--mode=root",
                "--format=tar",
                "--hook-directory=/usr/share/mmdebstrap/hooks/merged-usr",
                "--include=usr-is-merged",
                f"--aptopt={configuration}",
                # Every installed Debian has it; nfs-ganesha reads it.
                '--customize-hook=ln -s ../proc/self/mounts "$1"/etc/mtab',
                # A machine that was installed from a medium knows no mirror and no name server.
                '--customize-hook=rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/* "$1"/etc/resolv.conf',
                '--customize-hook=rm -rf "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/lib/apt/lists/*',
                SUITE,
                str(tar),
                *(apt.Source(item.uri, item.suite, item.components).line for item in sources),
            ]
        )
        # Device nodes are the machine's own.
        words = ["--extract", "--preserve-permissions", "--exclude=./dev/*"]
        _run(["tar", *words, f"--file={tar}", f"--directory={root}"])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-3000:]}")
