"""A program that fails is reported with the end of its log."""

from __future__ import annotations

from pathlib import Path

import pytest
from slipway.artifacts import process
from slipway.errors import SlipwayError


def test_the_output_goes_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "x.log"
    process.run(["sh", "-c", "echo out; echo err >&2; echo $NAME"], log=log, where="x", env={"NAME": "value"})
    assert log.read_text().splitlines()[-3:] == ["out", "err", "value"]


def test_a_failure_shows_the_last_lines_and_the_log(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    with pytest.raises(SlipwayError) as caught:
        process.run(["sh", "-c", "seq 1 40; exit 3"], log=log, where="image x", remedy="let it through")
    error = caught.value
    assert error.what == "sh failed with code 3"
    assert error.where == "image x"
    assert error.details[-1] == "40"
    assert len(error.details) < 20
    assert "let it through" in error.remedy
    assert str(log) in error.remedy


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="no-such-program is not installed"):
        process.run(["no-such-program"], log=tmp_path / "x.log", where="x")


def test_a_program_that_does_not_end(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="did not end within 0 s"):
        process.run(["sleep", "30"], log=tmp_path / "x.log", where="x", timeout=0.1)
