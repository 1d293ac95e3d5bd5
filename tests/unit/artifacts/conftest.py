"""A small distribution on disk, and a cache of its own for every test."""

from __future__ import annotations

import functools
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import small_release
from slipway.artifacts import toolchain

# The server that these tests share stands beside them.
sys.path.insert(0, str(Path(__file__).parent))

WriteImage = Callable[..., Path]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "slipway"


@pytest.fixture
def go_version(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the pinned toolchain's version; without it the tests would depend on the machine's Go."""

    def choose(version: str) -> None:
        monkeypatch.setattr(toolchain, "pinned", lambda: version)
        monkeypatch.setattr(toolchain, "find", lambda: toolchain.Go(version, None))

    choose("go1.26.1")
    return choose


@pytest.fixture
def write_image(tmp_path: Path) -> WriteImage:
    """small_release.write_image, in this test's distribution."""
    return functools.partial(small_release.write_image, tmp_path)


@pytest.fixture
def write_go(tmp_path: Path) -> Callable[..., Path]:
    """Writes ``images/<name>/go`` with these binaries."""

    def write(name: str, *binaries: str) -> Path:
        directory = tmp_path / "images" / name / "go"
        directory.mkdir(parents=True)
        lines = "".join(f"  {binary}: ./{binary}\n" for binary in binaries)
        (directory / "build.yaml").write_text(f"binaries:\n{lines}")
        (directory / "go.mod").write_text("module example.org/x\n")
        (directory / "go.sum").write_text("")
        return directory

    return write


@pytest.fixture
def closed_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
