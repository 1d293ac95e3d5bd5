"""Progress on a real terminal (a pty), in a file, and as JSON."""

from __future__ import annotations

import json
import os
import sys
from io import StringIO
from pathlib import Path

import pytest
import terminal
from slipway.progress import Reporter

SCRIPT = """
import time
from slipway.progress import Reporter
r = Reporter()
r.waiting("argo", "waiting for Deployment argo/server: 0 of 1", clock="3 s of 180 s")
time.sleep(0.6)
r.waiting("argo", "waiting for probe dag")
with r.step("artifacts", "image/gateway"):
    time.sleep(0.6)
r.say("argo: ready (1.2 s)", mark="✓")
r.say("that was all")
print("table", flush=True)
"""
#: One line for each component, whatever is to be told of it.
COMPONENTS = """
import time
from slipway.progress import Reporter
r = Reporter()
r.doing("katib", "pending", "after argo")
r.doing("argo", "installing", clock="9 s of 180 s")
r.waiting("argo", "waiting for Deployment argo/server: 0 of 1", clock="9 s of 180 s", why="[bold]x[/] " + 40 * "very ")
r.waiting("training-operator", "waiting for Deployment kubeflow/training-operator: 0 of 1")
time.sleep(0.6)
r.waiting("argo dag", "the workflow is Running")
r.doing("katib", "installing", clock="0 s of 60 s")
time.sleep(0.6)
r.say("katib: failed after 1.0 s", mark="✗")
"""


def shown(script: str, term: str = "xterm", columns: int = 100) -> terminal.Seen:
    """What a terminal gets, and that the script ended well."""
    # rich reads the size from the environment first; here the terminal's own counts.
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    found = terminal.on_a_terminal([sys.executable, "-c", script], {**kept, "TERM": term}, Path(), columns=columns)
    assert found.code == 0, found.text
    return found


def test_what_is_under_way_is_live_and_what_ended_stays() -> None:
    found = shown(SCRIPT)
    assert len(found.frames) > 2, "nothing was drawn again"
    assert any("argo  waiting  Deployment argo/server: 0 of 1" in frame for frame in found.frames)
    assert "3 s of 180 s" in found.text
    assert "artifacts: image/gateway" in found.text
    # The live part is gone when all has ended: what stays are the lines with a time, and the output.
    assert found.text.rindex("probe dag") < found.text.rindex("that was all")
    assert [line.strip()[-12:] for line in found.ending.splitlines()] == ["that was all", "table"]
    assert found.cursor_is_back


def test_each_component_has_one_line_with_state_reason_and_time_however_narrow_the_terminal() -> None:
    frames = [frame.splitlines() for frame in shown(COMPONENTS, columns=80).frames]
    first = next(frame for frame in frames if len(frame) == 3)
    assert first[0].startswith("  argo               waiting  Deployment argo/server: 0 of 1: [bo")
    assert first[0].endswith("…  9 s of 180 s")
    assert first[1].startswith("  training-operator  waiting  Deployment kubeflow/training-op")
    assert first[1].rstrip().endswith(" s")
    assert first[2].split() == ["katib", "pending", "after", "argo"]
    assert all(len(line) <= 80 for frame in frames for line in frame)
    last = [frame for frame in frames if len(frame) == 3][-1]
    assert "dag: the workflow is Running" in last[0] or "dag: the workflow is Running" in last[1]
    assert any(line.split()[:2] == ["katib", "installing"] and line.endswith("0 s of 60 s") for line in last)


def test_a_terminal_that_cannot_draw_gets_lines() -> None:
    found = shown(SCRIPT, "dumb")
    assert "\x1b[" not in found.text
    assert [line[9:] for line in found.text.splitlines()][:2] == [
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


WHOLE = """
import time
from slipway.progress import Reporter
r = Reporter()
with r.step("artifacts", "image hub"):
    for n in (1, 2):
        r.whole("artifacts", f"{n} of 24 done", {"artifacts: image hub": f"step {n}", "artifacts: image gone": "-"})
        time.sleep(0.6)
r.whole("artifacts", "3 of 24 done", {"artifacts: image hub": "too late"})
time.sleep(0.6)
r.whole_ended("artifacts")
"""


def test_the_whole_has_a_line_and_each_part_is_told_in_that_of_its_step() -> None:
    found = shown(WHOLE, columns=80)
    both = [frame.splitlines() for frame in found.frames if "2 of 24 done" in frame]
    assert ["artifacts:", "image", "hub", "step", "2"] in [line.split()[:5] for frame in both for line in frame]
    assert "too late" not in found.text, "what ended is told again"
    assert "gone" not in found.text
    assert "24 done" not in found.ending


def test_the_whole_is_one_line_of_a_log_and_one_event() -> None:
    plain, events = StringIO(), StringIO()
    for style, stream in (("plain", plain), ("json", events)):
        reporter = Reporter(style, stream)  # type: ignore[arg-type]
        reporter.whole("artifacts", "2 of 24 done", {"artifacts: image hub": "step 2"}, done=2, total=24)
        reporter.whole_ended("artifacts")
    assert [line[9:] for line in plain.getvalue().splitlines()] == ["… artifacts: 2 of 24 done"]
    event = json.loads(events.getvalue())
    assert (event["subject"], event["done"], event["total"]) == ("artifacts", 2, 24)


def test_a_step_ends_with_what_is_to_be_noted() -> None:
    stream = StringIO()
    with Reporter("plain", stream).step("images", "import hub") as step:
        step.note = "5 of 14 images"
    assert stream.getvalue().rstrip().endswith(" s): 5 of 14 images")


def test_json_is_one_event_a_line() -> None:
    stream = StringIO()
    reporter = Reporter("json", stream)
    reporter.waiting("argo", "waiting for Deployment argo/server", why="no such image")
    with pytest.raises(ValueError, match="no"), reporter.step("artifacts", "x"):
        raise ValueError("no")
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [event["mark"] for event in events] == ["…", "·", "✗"]
    assert {key: events[0][key] for key in ("subject", "state", "waits_for", "cause")} == {
        "subject": "argo", "state": "waiting", "waits_for": "Deployment argo/server", "cause": "no such image",
    }  # fmt: skip
    assert reporter.timings[0].ok is False
