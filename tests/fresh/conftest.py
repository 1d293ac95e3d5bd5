"""One bare machine with a network, for the tests of this layer in their order."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# For the modules beside this file, which the tests import by their bare names.
sys.path.insert(0, str(HERE))


@pytest.fixture(scope="session")
def disk() -> Iterator[Path]:
    """Room for the machine's disk (15 GB for the whole way); /tmp may be in memory."""
    with tempfile.TemporaryDirectory(prefix="slipway-fresh-", dir="/var/tmp") as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def machine(disk: Path) -> Iterator[Any]:
    """The machine, a fresh_machine.Fresh, with a clone of HEAD to be had; its end is the end of all that runs in it."""
    subprocess.run(["git", "clone", "--quiet", "--bare", ROOT, disk / "slipway.git"], check=True)
    with importlib.import_module("fresh_machine").fresh(
        disk, lend=os.environ.get("SLIPWAY_FRESH_FULL") != "1"
    ) as found:
        yield found
