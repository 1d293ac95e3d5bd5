"""A program that fails is reported with the end of its log."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from slipway.artifacts import process, spent
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


def test_a_program_ends_with_its_caller(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = (
        "import sys, pathlib; from slipway.artifacts import process;"
        "process.run(['sh', '-c', f'echo $$ > {sys.argv[1]}; exec sleep 60'], log=pathlib.Path(sys.argv[2]), where='x')"
    )
    caller = subprocess.Popen([sys.executable, "-c", code, str(pid), str(tmp_path / "log")])
    _until(lambda: pid.exists() and pid.read_text().strip() != "")
    caller.kill()
    caller.wait()
    _until(lambda: not _runs(int(pid.read_text())))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come true within 20 s"
        time.sleep(0.05)


def test_a_program_that_does_not_end(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="did not end within 0 s"):
        process.run(["sleep", "30"], log=tmp_path / "x.log", where="x", timeout=0.1)


def test_the_processors_time_of_a_program_and_its_children_is_counted(tmp_path: Path) -> None:
    burn = "end = __import__('time').process_time() + 0.3\nwhile __import__('time').process_time() < end: pass"
    inner = [sys.executable, "-c", burn]
    outer = f"import subprocess; subprocess.run({inner!r}); subprocess.run({inner!r})"
    with spent.counted() as total:
        process.run([sys.executable, "-c", outer], log=tmp_path / "log", where="x")
        with spent.counted() as nothing:
            process.run(["sleep", "0.2"], log=tmp_path / "log", where="x")
    assert total.seconds > 0.6 and nothing.seconds < 0.3
