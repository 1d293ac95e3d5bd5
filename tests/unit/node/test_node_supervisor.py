"""The supervisor with real processes: restarts, back-off, rotation, ends in order, its own death."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from slipway.host.process import start_time
from slipway.node.supervisor.client import Supervisor
from slipway.node.supervisor.spec import Paths, Unit, backoff


@pytest.fixture
def home() -> Iterator[Path]:
    # A short path: a Unix socket's address has 107 bytes.
    directory = Path(tempfile.mkdtemp(prefix="sup-"))
    yield directory
    # A supervisor that has just ended may take its socket away meanwhile.
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def keeper(home: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(Paths(str(home / "run"), str(home / "logs")))
    yield supervisor
    supervisor.ensure()
    for unit in supervisor.units():
        supervisor.remove(unit["name"])
    supervisor.quit()


def unit(name: str, script: str, **more: Any) -> Unit:
    return Unit(name, ("/bin/sh", "-c", script), {"PATH": os.environ["PATH"]}, **more)


def until(check: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


def report(keeper: Supervisor, name: str) -> dict[str, Any]:
    return next((each for each in keeper.units() if each["name"] == name), {})


def running_pid(keeper: Supervisor, name: str) -> int:
    return int(until(lambda: report(keeper, name).get("pid")))


def supervisor_pid(keeper: Supervisor) -> int:
    answer = keeper.ask(do="status")
    assert answer
    return int(answer["pid"])


def gone(pid: int) -> bool:
    return start_time(pid) is None


def test_a_unit_runs_with_its_output_in_its_log(keeper: Supervisor, home: Path) -> None:
    keeper.apply(unit("hello", "echo hello; echo there >&2; exec sleep 60"))
    until(lambda: (home / "logs" / "hello.log").read_text() == "hello\nthere\n")
    assert report(keeper, "hello")["state"] == "running"


def test_what_dies_is_started_again(keeper: Supervisor) -> None:
    keeper.apply(unit("victim", "exec sleep 60"))
    first = running_pid(keeper, "victim")
    os.kill(first, signal.SIGKILL)
    second = until(lambda: report(keeper, "victim")["pid"] not in (None, first) and report(keeper, "victim")["pid"])
    assert not gone(second)
    assert report(keeper, "victim")["restarts"] == 1


def test_the_pause_between_starts_grows(keeper: Supervisor, home: Path) -> None:
    stamps = home / "stamps"
    keeper.apply(unit("broken", f"date +%s.%N >> {stamps}; exit 3"))
    until(lambda: stamps.exists() and len(stamps.read_text().split()) >= 3)
    first, second, third = (float(word) for word in stamps.read_text().split()[:3])
    assert 0.4 < second - first < 1.0
    assert 0.9 < third - second < 1.6
    assert report(keeper, "broken")["last"] == "ended with 3"


def test_the_pause_is_bounded() -> None:
    assert [backoff(number) for number in range(4)] == [0.5, 1.0, 2.0, 4.0]
    assert backoff(1000) == 30.0


def test_a_program_that_is_not_there_is_retried_and_named(keeper: Supervisor) -> None:
    keeper.apply(Unit("nothing", ("/nonexistent/program",)))
    found = until(lambda: report(keeper, "nothing").get("last") and report(keeper, "nothing"))
    assert found["state"] == "waiting"
    assert "/nonexistent/program" in found["last"]


def test_logs_stay_bounded_while_the_writer_keeps_its_file(keeper: Supervisor, home: Path) -> None:
    script = "while :; do echo 0123456789012345678901234567890123456789; sleep 0.001; done"
    keeper.apply(unit("chatty", script, log_bytes=2000, log_files=2))
    log = home / "logs" / "chatty.log"
    for _ in range(200):
        keeper.ask(do="status")
        if Path(f"{log}.2").exists():
            break
        time.sleep(0.02)
    assert Path(f"{log}.1").exists() and Path(f"{log}.2").exists()
    assert not Path(f"{log}.3").exists()
    # Written from the start again, not after a hole of zeros.
    until(lambda: log.read_bytes()[:1] == b"0")
    assert report(keeper, "chatty")["restarts"] == 0


def test_stop_lets_a_process_finish(keeper: Supervisor, home: Path) -> None:
    keeper.apply(unit("polite", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"))
    until(lambda: "up" in (home / "logs" / "polite.log").read_text())
    pid = running_pid(keeper, "polite")
    keeper.remove("polite")
    assert gone(pid)
    assert (home / "logs" / "polite.log").read_text().endswith("bye\n")
    assert keeper.units() == []


def test_stop_kills_what_does_not_listen(keeper: Supervisor, home: Path) -> None:
    keeper.apply(unit("deaf", "trap '' TERM; echo up; while :; do sleep 0.05; done", stop_seconds=0.5))
    until(lambda: "up" in (home / "logs" / "deaf.log").read_text())
    pid = running_pid(keeper, "deaf")
    start = time.monotonic()
    keeper.remove("deaf")
    assert gone(pid)
    assert 0.4 < time.monotonic() - start < 5


def test_stopping_one_leaves_the_others_and_forked_children(keeper: Supervisor) -> None:
    keeper.apply(unit("one", "exec sleep 60"))
    keeper.apply(unit("two", "exec sleep 60"))
    two = running_pid(keeper, "two")
    keeper.remove("one")
    assert running_pid(keeper, "two") == two


def test_the_same_specification_changes_nothing(keeper: Supervisor) -> None:
    spec = unit("same", "exec sleep 60")
    keeper.apply(spec)
    pid = running_pid(keeper, "same")
    keeper.apply(spec)
    time.sleep(0.2)
    assert running_pid(keeper, "same") == pid


def test_another_specification_replaces_the_process(keeper: Supervisor) -> None:
    keeper.apply(unit("changing", "exec sleep 60"))
    pid = running_pid(keeper, "changing")
    keeper.apply(unit("changing", "exec sleep 61"))
    until(lambda: report(keeper, "changing")["pid"] not in (None, pid))
    assert gone(pid)


def test_a_signal_reaches_the_process(keeper: Supervisor, home: Path) -> None:
    keeper.apply(unit("listener", "trap 'echo reload' HUP; echo up; while :; do sleep 0.05; done"))
    until(lambda: "up" in (home / "logs" / "listener.log").read_text())
    keeper.signal("listener", signal.SIGHUP)
    until(lambda: "reload" in (home / "logs" / "listener.log").read_text())


def test_a_killed_supervisor_finds_its_processes_again(keeper: Supervisor) -> None:
    keeper.apply(unit("survivor", "exec sleep 60"))
    pid, old = running_pid(keeper, "survivor"), supervisor_pid(keeper)
    os.kill(old, signal.SIGKILL)
    until(lambda: gone(old))
    assert not gone(pid)
    keeper.ensure()
    assert supervisor_pid(keeper) != old
    assert running_pid(keeper, "survivor") == pid
    # And still looks after it, though it is not its child.
    os.kill(pid, signal.SIGKILL)
    until(lambda: report(keeper, "survivor")["pid"] not in (None, pid))


def test_all_killed_all_come_back(keeper: Supervisor) -> None:
    keeper.apply(unit("a", "exec sleep 60"))
    keeper.apply(unit("b", "exec sleep 60"))
    victims = [running_pid(keeper, "a"), running_pid(keeper, "b"), supervisor_pid(keeper)]
    for pid in reversed(victims):
        os.kill(pid, signal.SIGKILL)
    until(lambda: all(gone(pid) for pid in victims))
    keeper.ensure()
    assert running_pid(keeper, "a") not in victims
    assert running_pid(keeper, "b") not in victims


def test_a_pid_that_belongs_to_someone_else_now_is_left_alone(keeper: Supervisor, home: Path) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        keeper.apply(unit("recycled", "exec sleep 60"))
        pid, old = running_pid(keeper, "recycled"), supervisor_pid(keeper)
        os.kill(old, signal.SIGKILL)
        until(lambda: gone(old))
        state = Path(keeper.paths.state)
        record = json.loads(state.read_text())
        record["units"][0]["pid"] = bystander.pid
        state.write_text(json.dumps(record))
        os.kill(pid, signal.SIGKILL)
        keeper.ensure()
        assert running_pid(keeper, "recycled") != bystander.pid
        keeper.remove("recycled")
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_after_a_reboot_nothing_starts_by_itself(keeper: Supervisor, home: Path) -> None:
    keeper.apply(unit("old", "exec sleep 60"))
    pid, old = running_pid(keeper, "old"), supervisor_pid(keeper)
    for each in (old, pid):
        os.kill(each, signal.SIGKILL)
    until(lambda: gone(old) and gone(pid))
    state = Path(keeper.paths.state)
    state.write_text(json.dumps({**json.loads(state.read_text()), "boot": "another-boot"}))
    keeper.ensure()
    assert keeper.units() == []


def test_a_second_supervisor_gives_way(keeper: Supervisor) -> None:
    keeper.apply(unit("only", "exec sleep 60"))
    pid = supervisor_pid(keeper)
    # As if its socket had been lost: a start of a second one must not end in two.
    Path(keeper.paths.socket).rename(keeper.paths.socket + ".away")
    with pytest.raises(Exception, match="did not come up"):
        keeper.ensure()
    Path(keeper.paths.socket + ".away").rename(keeper.paths.socket)
    assert supervisor_pid(keeper) == pid


@pytest.mark.parametrize("line", [b"\n", b"no json\n", b"[]\n", b'{"do": "dance"}\n', b'{"do": "apply"}\n'])
def test_nonsense_on_the_socket_is_answered_and_survived(keeper: Supervisor, line: bytes) -> None:
    import socket

    keeper.ensure()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(keeper.paths.socket)
        connection.sendall(line)
        assert "error" in json.loads(connection.makefile().readline())
    assert keeper.ask(do="status")
