"""The command's streams as they come: of any locale, narrow, closed, full, read by nobody. Never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "slipway.cli.main"]
#: Its table has signs that most encodings lack, and it fails for want of a cluster.
STATUS = ["status", "--kubeconfig", "/no/such/file", "--overlay", "onprem"]
DOCTOR = ["doctor", "--kubeconfig", "/no/such/file", "--overlay", "onprem"]


def run(*words: str, shell: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    line = ["bash", "-c", f'"$@" {shell}', "bash", *COMMAND, *words] if shell else [*COMMAND, *words]
    return subprocess.run(line, env={**os.environ, **environment}, capture_output=True, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii"},
        {"NO_COLOR": "1"},
        {"TERM": "dumb"},
        {"COLUMNS": "20"},
    ],
    ids=str,
)
def test_every_locale_and_terminal(environment: dict[str, str]) -> None:
    done = run(*STATUS, **environment)
    assert done.returncode in (1, 2)
    assert b"Traceback" not in done.stderr
    assert done.stdout + done.stderr


def test_a_table_with_signs_in_a_locale_without_them() -> None:
    done = run(*DOCTOR, PYTHONIOENCODING="cp1252")
    assert b"Traceback" not in done.stderr
    assert done.stdout.startswith((b"+ ", b"x "))


def test_signs_that_cannot_be_written_are_replaced() -> None:
    done = run(*STATUS, PYTHONIOENCODING="latin-1")
    assert done.stderr.startswith(b"x ")
    assert b"->" in done.stderr


@pytest.mark.parametrize(
    "words", [["config", "explain"], ["--help"], ["images", "list", "--overlay", "onprem"]], ids=str
)
def test_who_stops_reading_gets_no_complaint(words: list[str]) -> None:
    done = run(*words, shell="| head -c 1; exit ${PIPESTATUS[0]}")
    assert done.returncode in (0, 1)
    assert done.stderr == b""


def test_a_full_disk_is_told() -> None:
    done = run("config", "explain", shell=">/dev/full")
    assert done.returncode == 1
    assert done.stderr.decode() == "x standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize(("shell", "code"), [(">&-", 0), ("2>&-", 0), (">&- 2>&-", 0)])
def test_closed_streams(shell: str, code: int) -> None:
    done = run("images", "list", "--overlay", "onprem", shell=shell)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr


def test_without_an_error_stream_a_failure_is_one_all_the_same(tmp_path: Path) -> None:
    assert run("status", "--kubeconfig", str(tmp_path / "none"), "--overlay", "onprem", shell="2>&-").returncode == 1
