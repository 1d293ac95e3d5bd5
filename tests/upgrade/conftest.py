"""A cluster one minor before this version of Slipway's, with something on it. Needs root and a machine without one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

Slipway = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def command() -> list[str]:
    """The command line of this checkout."""
    return [str(Path(sys.executable).with_name("slipway")), "--progress", "plain"]


@pytest.fixture(scope="session")
def slipway(command: list[str]) -> Slipway:
    """Run it to its end; what it printed is shown when a test fails."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([*command, *arguments], cwd=ROOT, text=True, capture_output=True, check=False)
        print(f"$ slipway {' '.join(arguments)} → {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    return run


@pytest.fixture(scope="session")
def former_cluster(slipway: Slipway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cluster of the version before; removed in the end, whatever it is then."""
    import former
    from slipway.node import NodeConfig, state

    config = NodeConfig()
    assert not state.initialised(config), "there is a cluster here already: slipway down"
    try:
        former.start(former.distribution(tmp_path_factory.mktemp("former") / "home", config.kubernetes_version))
        yield
    finally:
        assert slipway("cluster", "delete", "--data").returncode == 0
