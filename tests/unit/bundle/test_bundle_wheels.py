"""Slipway's own wheel: the same bytes, whatever umask its sources were checked out and built with."""

from __future__ import annotations

import zipfile
from pathlib import Path

from slipway.bundle import wheels


def wheel(path: Path, mode: int) -> Path:
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for name, executable in (("slipway/__init__.py", 0), ("slipway/bootstrap.sh", 0o100), ("slipway-1/RECORD", 0)):
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.external_attr = (mode | executable) << 16
            archive.writestr(entry, f"{name}\n" * 50)
    return path


def test_modes_are_those_of_everybody(tmp_path: Path) -> None:
    name = "slipway_platform-1-py3-none-any.whl"
    one, other = wheel(tmp_path / "one" / name, 0o100644), wheel(tmp_path / "other" / name, 0o100600)
    assert one.read_bytes() != other.read_bytes()
    for path in (one, other):
        wheels.uniform(path)
    assert one.read_bytes() == other.read_bytes()
    with zipfile.ZipFile(one) as archive:
        assert archive.testzip() is None
        assert [oct(entry.external_attr >> 16) for entry in archive.infolist()] == ["0o100644", "0o100755", "0o100644"]
        assert archive.read("slipway-1/RECORD") == b"slipway-1/RECORD\n" * 50
    assert [path.name for path in one.parent.iterdir()] == [name]
