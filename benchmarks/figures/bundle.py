"""A bundle: its size, the time to make it, and from it to a platform on a bare machine without a network."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from figure import GIB, ROOT, Figure, timed

FILE = "/media/slipway.bundle"


def measure() -> list[Figure]:
    """Caches are filled; the machine is the one of tests/airgap. Needs root."""
    sys.path.insert(0, str(ROOT / "tests" / "airgap"))
    import airgap_rootfs
    from airgap_machine import Machine

    with tempfile.TemporaryDirectory(prefix="slipway-bench-", dir="/var/tmp") as directory:
        disk = Path(directory)
        file = disk / "media" / "slipway.bundle"
        create = ("bundle", "create", "-o", str(file), "--overlay", "ci")
        figures = [
            Figure("bundle create", timed(*create), "s", "slipway bundle create --overlay ci, caches filled"),
            Figure("bundle size", file.stat().st_size / GIB, "GiB", "slipway bundle create --overlay ci"),
            Figure("bundle verify", timed("bundle", "verify", str(file)), "s", "slipway bundle verify"),
        ]
        machine = Machine(airgap_rootfs.ensure(), disk, file.parent)
        try:
            start = time.monotonic()
            machine.run("tar", "-xf", FILE, "slipway-bundle/bootstrap.sh")
            machine.run("sh", "slipway-bundle/bootstrap.sh", FILE)
            booted = time.monotonic()
            machine.run("/opt/slipway/bin/slipway", "up", "--bundle", FILE, "--skip-smoke")
            installed = time.monotonic()
        finally:
            machine.end()
    command = "bootstrap.sh, slipway up --bundle --skip-smoke on a bare Debian without a network"
    return [
        *figures,
        Figure("bundle: bare machine → slipway", booted - start, "s", "bootstrap.sh"),
        Figure("bundle: bare machine → all ready", installed - start, "s", command),
    ]
