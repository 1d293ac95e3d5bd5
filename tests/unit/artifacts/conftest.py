"""A small distribution on disk, and a cache of its own for every test."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
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
    """Writes ``images/<name>``: an image.yaml with these extra lines, a Dockerfile and a source file."""

    def write(name: str, base: str = "scratch", extra: str = "") -> Path:
        directory = tmp_path / "images" / name
        directory.mkdir(parents=True, exist_ok=True)
        text = f"name: {name}\ndescription: d\nbase: {base}\nlicenses: MIT\nsource: https://example.org\n{extra}"
        (directory / "image.yaml").write_text(text)
        start = "FROM scratch\n" if base == "scratch" else "ARG BASE\nFROM ${BASE}\n"
        (directory / "Dockerfile").write_text(f"{start}COPY app.py /\n")
        (directory / "app.py").write_text("print(1)\n")
        return directory

    return write


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
