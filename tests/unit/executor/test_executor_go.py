"""The service orchestrator's own tests, which are Go's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from slipway import paths
from slipway.artifacts import golang, toolchain
from slipway.artifacts.model import GoUnit

MODULE = paths.distribution() / "images/executor/go"


def go(*words: str | Path) -> None:
    """With the flags of a build, whose compiled packages are then there already."""
    command = [toolchain.program(), *words, *golang.flags(GoUnit("executor", MODULE, ())), "./..."]
    done = subprocess.run(
        command,
        cwd=MODULE,
        env={**os.environ, **golang.ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


@pytest.mark.parametrize("command", ["vet", "test"])
def test_the_executors_go_packages_are_sound(command: str) -> None:
    go(command)
