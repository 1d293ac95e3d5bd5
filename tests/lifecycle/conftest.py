"""The platform as a whole: these tests run in their order and end without a platform."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def slipway() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line to its end; what it printed is shown when a test fails."""
    command = str(Path(sys.executable).with_name("slipway"))

    def run(*arguments: str, timeout: float = 900, **extra: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [command, *arguments],
            cwd=ROOT,
            env={**os.environ, **extra},
            text=True,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        print(f"$ slipway {' '.join(arguments)} → {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    return run
