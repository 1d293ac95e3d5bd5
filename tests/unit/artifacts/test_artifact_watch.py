"""What is told while builds run and images are imported."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path

import pytest
from slipway.artifacts import graph, imports, store, watch
from slipway.artifacts.model import Artifact, GoUnit, Node
from slipway.progress import Reporter

UNIT = GoUnit("tool", Path("/nowhere"), (("tool", "."),))
TOOL, BASE = Node("binary", "tool", "0" * 64, spec=UNIT), Node("image", "base", "0" * 64)
LOG = "$ go list -deps\nto compile: a/b\nto compile: a/c\n$ go build -v -o /out/tool .\na/b\n"


class Heard(io.StringIO):
    """A stream that says when a text came."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.came = text, threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.text in self.getvalue():
            self.came.set()
        return written


def told(style: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is said of two builds, of which one is finished and the other at its second package."""
    monkeypatch.setattr(watch, "PLAIN", 0.05)
    heard = Heard("1 of 2 done")

    def builder(item: Node) -> Artifact:
        if item == TOOL:
            log = store.log_path(item)
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(LOG)
            assert heard.came.wait(30)
        return Artifact(item.kind, item.name, item.key, store.location(item))

    graph.run([TOOL, BASE], builder, Reporter(style, heard))  # type: ignore[arg-type]
    return heard.getvalue()


def test_a_log_has_one_line_for_the_whole(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line[9:] for line in told("plain", monkeypatch).splitlines()]
    assert "… artifacts: 1 of 2 done; tool: compiling tool: package 1 of 2, now a/b" in lines


def test_an_event_has_the_figures(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [json.loads(line) for line in told("json", monkeypatch).splitlines()]
    last = [event for event in events if event.get("subject") == "artifacts" and event["done"] == 1][-1]
    assert (last["total"], last["remaining_seconds"]) == (2, None)
    assert last["running"] == {"binary/tool": {"doing": "compiling tool: package 1 of 2, now a/b", "part": 0.45}}


def layout(directory: Path, **blobs: int) -> Path:
    (directory / "blobs" / "sha256").mkdir(parents=True)
    for name, size in blobs.items():
        (directory / "blobs" / "sha256" / name).write_bytes(b"x" * size)
    return directory


def test_what_images_share_is_counted_once(tmp_path: Path) -> None:
    found = {"hub": layout(tmp_path / "hub", base=100, hub=20), "proxy": layout(tmp_path / "proxy", base=100, proxy=7)}
    assert imports.new_bytes(found) == {"hub": 120, "proxy": 7}


def test_imports_are_counted_and_the_rest_is_estimated_from_their_bytes() -> None:
    tally = imports.Tally({"base": 40_000_000, "hub": 160_000_000, "proxy": 1_200_000_000})
    assert tally.text == "0 of 3 images, 0 of 1,400 MB"
    tally.there("base")  # it was there: that says nothing of the pace
    assert (tally.text, tally.remaining) == ("1 of 3 images, 40 of 1,400 MB", None)
    tally.there("hub", 16.0)
    assert tally.remaining == pytest.approx(120)
    assert tally.text == "2 of 3 images, 200 of 1,400 MB, about 2 min remain"
    tally.there("proxy", 100.0)
    assert tally.text == "3 of 3 images, 1,400 of 1,400 MB"
