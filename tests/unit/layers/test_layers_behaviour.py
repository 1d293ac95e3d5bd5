"""The runner at work, with small real processes for layers: failures, Ctrl-C, the runner's own death."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

FAKE = Path(__file__).with_name("layers_fake.py")
#: Goes on in a session of its own, as the API servers of tests do.
DAEMON = "setsid sh -c 'echo $$ >daemon; exec sleep 300' & "
Start = Callable[..., "subprocess.Popen[str]"]
Runner = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """``start([{"name": …, "script": …}], demanded=True)`` → the runner's process; killed when the test is over."""
    started = []

    def begin(layers: list[dict[str, Any]], **more: Any) -> subprocess.Popen[str]:
        words = json.dumps({"layers": layers, "directory": str(tmp_path), **more})
        started.append(
            subprocess.Popen(
                [sys.executable, FAKE, words],
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()
    if (daemon := tmp_path / "daemon").exists():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(daemon.read_text()), signal.SIGKILL)


@pytest.fixture
def run(start: Start) -> Runner:
    """The same, to its end."""

    def done(layers: list[dict[str, Any]], **more: Any) -> subprocess.CompletedProcess[str]:
        process = start(layers, **more)
        said, _ = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, said)

    return done


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def slipway(directory: Path, script: str) -> Path:
    """A program in slipway's place that keeps what it was asked for."""
    path = directory / "slipway"
    path.write_text(f'#!/bin/sh\necho "$@" >>asked\n{script}\n')
    path.chmod(0o755)
    return path


def asked(directory: Path) -> list[str]:
    return (directory / "asked").read_text().splitlines()


def test_a_failed_layer_stops_no_other(run: Runner, tmp_path: Path) -> None:
    done = run([{"name": "a", "script": "echo first; exit 3"}, {"name": "b", "script": "cat; echo second >ran"}])
    assert done.returncode == 1
    assert (tmp_path / "ran").exists()
    lines = done.stdout.splitlines()
    assert lines[-1] == "1 passed, 1 failed, 0 skipped"
    assert [line.split()[:4] for line in lines if line.startswith(("a ", "b "))] == [
        ["a", "0", "1", "0"], ["b", "1", "0", "0"]]  # fmt: skip
    assert any(line.startswith("a ") and line.endswith("ended with 3") for line in lines)
    assert (tmp_path / "a.log").read_text() == "first\n"


@pytest.mark.parametrize("demanded", [True, False])
def test_what_cannot_run_is_told_and_is_an_error_only_where_it_is_demanded(run: Runner, demanded: bool) -> None:
    layers = [{"name": "a", "script": "touch wrong", "machines": True}, {"name": "b", "script": "true"}]
    done = run(layers, namespaces="no namespaces: not permitted", demanded=demanded)
    assert done.returncode == int(demanded)
    lines = done.stdout.splitlines()
    assert lines[1] == "a cannot run here: no namespaces: not permitted"
    assert lines[-1] == ("1 passed, 1 failed, 0 skipped" if demanded else "1 passed, 0 failed, 1 skipped")


def test_two_run_at_a_time_and_their_words_stay_apart(run: Runner) -> None:
    # Each waits for the other: one at a time they would never end.
    wait = "touch {0}; echo begin {0}; while [ ! -e {1} ]; do sleep 0.05; done; sleep {2}; echo end {0}"
    layers = [
        {"name": "a", "script": wait.format("a", "b", 1), "beside": ["b"]},
        {"name": "b", "script": wait.format("b", "a", 0)},
    ]
    done = run(layers, abreast=2)
    assert done.returncode == 0, done.stdout
    words = done.stdout.splitlines()
    assert words[words.index("begin b") + 1] == "end b"


def written(path: Path) -> bool:
    """A shell makes its file before it writes to it."""
    return path.exists() and path.stat().st_size > 0


def test_ctrl_c_ends_all_of_it(start: Start, tmp_path: Path) -> None:
    process = start(
        [{"name": "a", "script": f"{DAEMON}trap 'echo tidy; exit 0' INT; echo on; while :; do sleep 0.1; done"},
         {"name": "b", "script": "touch wrong"}])  # fmt: skip
    until(lambda: written(tmp_path / "daemon") and "on" in (tmp_path / "a.log").read_text(), "it does not start")
    daemon = int((tmp_path / "daemon").read_text())
    assert alive(daemon)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "tidy" in said
    assert not alive(daemon)
    assert not (tmp_path / "wrong").exists()
    assert said.splitlines()[-1] == "0 passed, 2 failed, 0 skipped"


def test_a_killed_runner_takes_its_layer_with_it_and_the_next_one_ends_the_rest(
    start: Start, run: Runner, tmp_path: Path
) -> None:
    process = start([{"name": "a", "script": f"{DAEMON}echo $$ >pid; while :; do sleep 0.1; done"}])
    until(lambda: written(tmp_path / "daemon") and written(tmp_path / "pid"), "it does not start")
    layer, daemon = (int((tmp_path / name).read_text()) for name in ("pid", "daemon"))
    process.kill()
    process.wait()
    until(lambda: not alive(layer), "the layer goes on without its runner")
    assert alive(daemon)
    done = run([{"name": "a", "script": "true"}])
    assert done.stdout.splitlines()[0] == "swept 1"
    assert done.returncode == 0
    assert not alive(daemon)


def test_nobody_listens_any_more_and_it_ends_properly(start: Start, tmp_path: Path) -> None:
    slipway(tmp_path, "")
    process = start([{"name": "e2e", "script": "touch ran; sleep 1; echo on", "platform": True}])
    until(lambda: (tmp_path / "ran").exists(), "it does not start")
    assert process.stdout
    process.stdout.close()
    process.stdout = None
    process.wait(60)
    assert asked(tmp_path) == ["up --overlay embedded", "down --data"]
    assert process.returncode == 0


LAYERS = [
    {"name": "e2e", "script": "echo $KUBECONFIG >seen; exit 1", "platform": True},
    {"name": "lifecycle", "script": "touch killed", "platform": True},
]


def test_the_platform_is_brought_up_tested_and_taken_down(run: Runner, tmp_path: Path) -> None:
    slipway(tmp_path, "")
    done = run(LAYERS)
    assert asked(tmp_path) == ["up --overlay embedded", "down --data"]
    assert (tmp_path / "seen").read_text() == f"{tmp_path}/admin.conf\n"
    assert (tmp_path / "killed").exists()
    rows = [line.split()[0] for line in done.stdout.splitlines()[-6:-1] if line]
    assert rows == ["up", "e2e", "lifecycle", "down"]
    assert done.returncode == 1


@pytest.mark.parametrize("demanded", [True, False])
def test_a_platform_that_is_here_is_neither_killed_nor_removed(run: Runner, tmp_path: Path, demanded: bool) -> None:
    slipway(tmp_path, "")
    (tmp_path / "admin.conf").touch()
    done = run([{**LAYERS[0], "script": "true"}, LAYERS[1]], demanded=demanded)
    assert done.returncode == 0, done.stdout
    assert asked(tmp_path) == ["up --overlay embedded", *(["down --data"] if demanded else [])]
    assert (tmp_path / "killed").exists() == demanded
    assert ("is neither killed nor removed" in done.stdout) != demanded


def test_a_platform_that_does_not_come_up_is_not_tested_but_removed(run: Runner, tmp_path: Path) -> None:
    slipway(tmp_path, '[ "$1" = down ]')
    done = run(LAYERS)
    assert done.returncode == 1
    assert asked(tmp_path) == ["up --overlay embedded", "down --data"]
    assert not (tmp_path / "seen").exists()
    assert done.stdout.splitlines()[-1] == "1 passed, 1 failed, 2 skipped"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_ends_it_has_the_platform_taken_down_too(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    slipway(tmp_path, "")
    # Written by the shell itself: one that gets SIGINT while it waits for a program that ends well goes on.
    process = start([{"name": "e2e", "script": ": > ran; sleep 300", "platform": True}, LAYERS[1]])
    until(lambda: (tmp_path / "ran").exists(), "it does not start")
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert asked(tmp_path) == ["up --overlay embedded", "down --data"]
    assert not (tmp_path / "killed").exists()
