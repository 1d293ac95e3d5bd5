"""The small processes around Envoy: the supervisor, the drain, the command line."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from slipway_gateway import bootstrap
from slipway_gateway.__main__ import main
from slipway_gateway.admin import Admin
from slipway_gateway.drain import drain

#: A child that notes each start; it ends by itself, or when it is told to.
CHILD = """
import os, sys, time
open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
time.sleep(60)
"""
SUPERVISE = """
import sys
from slipway_gateway.supervise import Supervisor
sys.exit(Supervisor([sys.executable, "-c", sys.argv[1], sys.argv[2]], first_delay=0.1).run())
"""


def pids(notes: Path, number: int) -> list[int]:
    """The children's ids once there are ``number`` of them."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = notes.read_text().split() if notes.exists() else []
        if len(found) >= number:
            return [int(pid) for pid in found]
        time.sleep(0.02)
    raise AssertionError(f"only {notes.read_text() if notes.exists() else 'nothing'}")


def test_a_killed_child_is_started_again_and_sigterm_ends_both(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    environment = {**os.environ, "PYTHONPATH": str(Path(bootstrap.__file__).parents[1])}
    command = [sys.executable, "-c", SUPERVISE, CHILD, str(notes)]
    supervisor = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        (first,) = pids(notes, 1)
        os.kill(first, signal.SIGKILL)
        second = pids(notes, 2)[1]
        supervisor.send_signal(signal.SIGTERM)
        _, errors = supervisor.communicate(timeout=20)
        assert "ended with -9" in errors
        assert not Path(f"/proc/{second}").exists()
        assert len(pids(notes, 2)) == 2
    finally:
        supervisor.kill()


def test_drain_waits_for_requests_under_way(new_edge: Any, upstream: Any) -> None:
    edge = new_edge()
    edge.service("web", upstream("web"))
    edge.serve(m={"prefix": "/a/"})
    answers: list[int] = []
    slow = threading.Thread(target=lambda: answers.append(edge.get("/a/", x_delay="1.5").status))
    slow.start()
    time.sleep(0.3)
    start = time.monotonic()
    asyncio.run(drain(Admin(edge.admin_port), 0.0, 10.0))
    took = time.monotonic() - start
    slow.join(10)
    assert answers == [200]
    assert 0.5 < took < 8
    assert edge.get("/ready", port=edge.admin_port).status == 503


def test_drain_does_not_wait_for_an_envoy_that_is_gone(new_edge: Any) -> None:
    edge = new_edge()
    edge.stop()
    asyncio.run(drain(Admin(edge.admin_port), 0.0, 60.0))
    edge.restart()


def test_an_unknown_command_is_bad_input() -> None:
    assert main([]) == 2
    assert main(["nonsense"]) == 2
