"""The tests of our own Go programs, which are Go's."""

from __future__ import annotations

import os
import subprocess

import pytest
from slipway import paths
from slipway.artifacts import golang, toolchain
from slipway.artifacts.model import GoUnit

PROGRAMS = sorted(
    {
        test.relative_to(paths.distribution() / "images").parts[0]
        for test in (paths.distribution() / "images").glob("*/go/**/*_test.go")
    }
)


def test_the_programs_of_the_data_path_have_tests() -> None:
    assert {"executor", "storage-initializer"} <= set(PROGRAMS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_go_packages_are_sound(name: str) -> None:
    """With the flags of a build, whose compiled packages are then there already."""
    module = paths.distribution() / "images" / name / "go"
    for command in ("vet", "test"):
        done = subprocess.run(
            [toolchain.program(), command, *golang.flags(GoUnit(name, module, ())), "./..."],
            cwd=module,
            env={**os.environ, **golang.ENVIRONMENT},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == 0, f"go {command}\n{done.stdout}{done.stderr}"
