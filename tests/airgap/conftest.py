"""A bundle made here, and a machine without a network that has nothing else."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))
SLIPWAY = str(Path(sys.executable).with_name("slipway"))


@pytest.fixture(scope="session")
def disk() -> Iterator[Path]:
    """Room for the bundle and for the machine's disk (about 10 GB); /tmp may be in memory."""
    with tempfile.TemporaryDirectory(prefix="slipway-airgap-", dir="/var/tmp") as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def bundle(disk: Path) -> Path:
    """``slipway bundle create`` for the CI overlay, in a directory of its own."""
    file = disk / "media" / "slipway.bundle"
    start = time.monotonic()
    done = subprocess.run(
        [SLIPWAY, "bundle", "create", "-o", str(file), "--overlay", "ci"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(f"{done.stderr}{done.stdout}→ {time.monotonic() - start:.1f} s")
    return file
