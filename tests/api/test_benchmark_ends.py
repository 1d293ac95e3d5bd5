"""A benchmark that is ended leaves nothing running: no API server, no etcd, no contestant."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from eventually import eventually

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
#: The host's programs are there, or a figure says what it lacks: this is not about them.
GROWTH = "import sys, run; run.ensure_programs = lambda: None; sys.argv[1:] = ['--only', 'growth']; run.program()"
METER = """
import pathlib, run, contest.run
from slipway import signals
try:
    with signals.ending():
        contest.run._meter(["sleep", "{mark}"], {{}}, (0,), pathlib.Path("."))
except KeyboardInterrupt:
    raise SystemExit(signals.code())
"""


def running(mark: str, *programs: str) -> set[str]:
    """Those of the programs that run with the mark in their words."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if mark in " ".join(words):
            found |= {*programs} & {Path(word).name for word in words[:2]}
    return found


def start(program: str, place: Path) -> subprocess.Popen[bytes]:
    """With files in ``place``, and without results that anybody keeps."""
    environment = {**os.environ, "PYTHONPATH": str(BENCHMARKS), "TMPDIR": str(place)}
    return subprocess.Popen([sys.executable, "-c", program], env=environment, cwd=place, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_servers_of_a_benchmark(tmp_path: Path, number: signal.Signals, code: int) -> None:
    programs = ("etcd", "kube-apiserver", "kube-controller-manager")
    process = start(GROWTH, tmp_path)
    try:
        eventually(lambda: running(str(tmp_path), *programs) == {*programs}, "they run")
        process.send_signal(number)
        assert process.wait(60) == code
        assert running(str(tmp_path), *programs) == set()
    finally:
        process.kill()
        process.wait()


def test_a_contestant(tmp_path: Path) -> None:
    mark = f"99{os.getpid()}"
    process = start(METER.format(mark=mark), tmp_path)
    try:
        eventually(lambda: running(mark, "sleep") == {"sleep"}, "it runs")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 143
        assert running(mark, "sleep") == set()
    finally:
        process.kill()
        process.wait()
