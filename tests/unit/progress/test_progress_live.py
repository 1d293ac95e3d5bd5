"""Progress on a real terminal (a pty), in a file, and as JSON."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from io import StringIO

import pytest
from slipway.progress import Reporter

SCRIPT = """
import sys, time
from slipway.progress import Reporter
r = Reporter()
r.waiting("argo", "waiting for Deployment argo/server: 0 of 1 (3 s of 180 s)")
time.sleep(0.6)
r.waiting("argo", "waiting for probe dag")
with r.step("artifacts", "image/gateway"):
    time.sleep(0.6)
r.say("argo: ready (1.2 s)", mark="✓")
r.say("that was all")
print("table", flush=True)
"""


def on_a_terminal(term: str) -> str:
    """What a terminal of 100 columns gets, escapes included."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": term, "COLUMNS": "100", "LINES": "24"}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=follower, stderr=follower, stdin=follower, env=environment
    )
    os.close(follower)
    found = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        found += chunk
    os.close(leader)
    assert process.wait(timeout=30) == 0
    return found.decode()


def test_what_is_under_way_is_live_and_what_ended_stays() -> None:
    text = on_a_terminal("xterm")
    assert "\x1b[" in text, "nothing was drawn again"
    assert "waiting for Deployment argo/server" in text
    assert "artifacts: image/gateway" in text
    # The live part is gone when all has ended: what stays are the lines with a time, and the output.
    assert text.rindex("waiting for probe dag") < text.rindex("that was all")
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).splitlines()[-1]
    assert last == "table"


def test_a_terminal_that_cannot_draw_gets_lines() -> None:
    text = on_a_terminal("dumb")
    assert "\x1b[" not in text
    assert [line[9:] for line in text.splitlines()][:2] == [
        "… argo: waiting for Deployment argo/server: 0 of 1 (3 s of 180 s)",
        "… argo: waiting for probe dag",
    ]


def test_a_file_gets_plain_lines_once_per_change() -> None:
    stream = StringIO()
    reporter = Reporter("auto", stream)
    for _ in range(3):
        reporter.waiting("argo", "waiting")
    with reporter.step("artifacts", "x"):
        pass
    lines = [line[9:] for line in stream.getvalue().splitlines()]
    assert lines[:2] == ["… argo: waiting", "· artifacts: x"]
    assert lines[2].startswith("✓ artifacts: x (")


def test_json_is_one_event_a_line() -> None:
    stream = StringIO()
    reporter = Reporter("json", stream)
    reporter.waiting("argo", "waiting")
    with pytest.raises(ValueError, match="no"), reporter.step("artifacts", "x"):
        raise ValueError("no")
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [event["mark"] for event in events] == ["…", "·", "✗"]
    assert reporter.timings[0].ok is False
