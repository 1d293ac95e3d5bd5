"""The journal on disk: whole or cut off, bounded, and never in the way of the run."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from slipway import paths
from slipway.progress import Reporter
from slipway.release.state import journal
from slipway.release.state.lock import identity

SERVER = "https://192.0.2.1:6443"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return paths.journal()


@pytest.fixture
def reporter() -> Reporter:
    return Reporter("plain", io.StringIO())


def test_a_run_tells_what_was_said_last_and_how_it_ended(reporter: Reporter) -> None:
    with journal.keeping(SERVER, "upgrade", reporter) as end:
        reporter.say("argo: installing (changed)", mark="·")
        reporter.waiting("argo", "waiting for Deployment argo/server")
        reporter.doing("katib", "applying", "ConfigMap")
        assert not journal.last(SERVER).killed  # type: ignore[union-attr]  # it runs
        end("done")
    reporter.say("after it")
    run = journal.last(SERVER)
    assert run is not None
    assert (run.action, run.ended, run.killed) == ("upgrade", "done", False)
    assert run.last == {"argo": "argo: waiting for Deployment argo/server", "katib": "katib: applying: ConfigMap"}
    assert journal.last("https://elsewhere") is None


def test_an_exception_is_an_end(reporter: Reporter) -> None:
    with pytest.raises(KeyboardInterrupt), journal.keeping(SERVER, "install", reporter):
        raise KeyboardInterrupt
    run = journal.last(SERVER)
    assert run is not None
    assert run.ended == "KeyboardInterrupt"
    assert reporter.listener is None


def killed(place: Path, *lines: str) -> None:
    """A journal whose process has ended, with these lines after its first."""
    ended = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    about = {"time": "2026-01-01T00:00:00Z", "event": "begin", "server": SERVER, "action": "install"}
    first = json.dumps({**about, "holder": identity(ended.pid)})
    ended.communicate()
    place.mkdir(parents=True, exist_ok=True)
    (place / "20260101T000000-1.jsonl").write_text("\n".join((first, *lines)))


def test_one_that_was_killed_is_told_with_what_it_was_at(place: Path, reporter: Reporter) -> None:
    said = json.dumps({"event": "said", "text": "argo: waiting for webhook x", "subject": "argo"})
    killed(place, said, '{"event": "said", "text": "cut o')
    run = journal.last(SERVER)
    assert run is not None
    assert run.killed
    journal.tell_of_killed(SERVER, reporter)
    text = reporter.stream.getvalue()  # type: ignore[attr-defined]
    assert "the last install, begun 2026-01-01T00:00:00Z, was killed; this one goes on" in text
    assert "it was at argo: waiting for webhook x" in text
    with journal.keeping(SERVER, "install", reporter) as end:
        end("done")
    reporter.stream.truncate(0)
    journal.tell_of_killed(SERVER, reporter)
    assert "killed" not in reporter.stream.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["", "{", "[]\n", "{}\n", "\x00\xff"])
def test_what_is_no_journal_is_left_out(place: Path, text: str) -> None:
    place.mkdir(parents=True)
    (place / "1.jsonl").write_text(text, encoding="latin-1")
    assert journal.runs() == []


def test_the_oldest_go(place: Path, reporter: Reporter) -> None:
    for _ in range(journal.KEPT + 3):
        with journal.keeping(SERVER, "install", reporter) as end:
            end("done")
    assert len(list(place.glob("*.jsonl"))) == journal.KEPT


def test_a_place_that_cannot_be_written_to_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reporter: Reporter
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with journal.keeping(SERVER, "install", reporter) as end:
        reporter.say("argo: installing")
        end("done")
    assert journal.runs() == []


FULL = """
import io, resource, sys
from slipway.progress import Reporter
from slipway.release.state import journal
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
reporter = Reporter("plain", io.StringIO())
with journal.keeping(sys.argv[1], "install", reporter) as end:
    for number in range(100):
        reporter.say(f"argo: {number} " + "x" * 100)
    end("done")
print(len(reporter.stream.getvalue().splitlines()))
"""


def test_a_full_disk_stops_nothing(place: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, SERVER], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "100\n"
    run = journal.last(SERVER)
    assert run is not None
    assert run.killed
