"""The three reports, of a run that passed and of one that failed."""

from __future__ import annotations

import json
import re
import struct
import zlib
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.report import html, html_charts, html_png
from slipway.smoke import files, junit
from slipway.smoke.results import STEPS, Dataset, Model, Predictions, Sample, SmokeReport, Step, Trial


@pytest.fixture
def passed() -> SmokeReport:
    """A run in which all went well, with one digit read wrong."""
    pixels = tuple([0, 255] * 392)
    confusion = tuple(tuple(30 if r == c else int((r, c) == (4, 9)) for c in range(10)) for r in range(10))
    return SmokeReport(
        started="2026-01-02T03:04:05Z",
        machine="1 node, 2 CPUs, 24 GiB, Kubernetes v1.37.2",
        seconds=123.4,
        steps=[Step(name, "passed", 10.0 + i, f"{name} <went> well") for i, name in enumerate(STEPS)],
        dataset=Dataset("digits", "MNIST is not to be downloaded", 1438, 359),
        trials=[
            Trial("mnist-a", "Succeeded", {"lr": 0.001, "momentum": 0.51}, 0.55),
            Trial("mnist-b", "Succeeded", {"lr": 0.1, "momentum": 0.58}, 0.981),
            Trial("mnist-c", "Failed", {"lr": 0.05, "momentum": 0.6}, None),
        ],
        best={"lr": 0.1, "momentum": 0.58},
        models=[
            Model("mnist-torch", "pytorch", 0.99, 0.99, 327000, chosen=True),
            Model("mnist-tensorflow", "tensorflow", 0.97, 0.97, 458000),
        ],
        image="registry/models/mnist:1",
        predictions=Predictions(
            ("http://g/a", "http://g/b"), 301, 300 / 301, confusion, 1.2, (Sample(pixels, 4, 9, 0.61),) * 2
        ),
    )


@pytest.fixture
def failed() -> SmokeReport:
    """A run that ended at its second step."""
    steps = [Step("data", "passed", 3.0, "ok"), Step("tune", "failed", 4.0, error="bad & wrong\n  | line \x1b[31mtwo")]
    return SmokeReport("2026-01-02T03:04:05Z", steps=[*steps, *(Step(name, "skipped") for name in STEPS[2:])])


class Page(HTMLParser):
    """Tags that are balanced, the text, and everything that a browser would load."""

    VOID = frozenset({"meta", "img", "br", "link"})

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.words = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for key, value in attrs if key in ("src", "href", "xlink:href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_shows_the_run(passed: SmokeReport) -> None:
    page = Page(html.render(passed))
    assert not page.open
    assert "99.7 % of 301 held-out digits read right" in page.words
    assert "MNIST is not to be downloaded" in page.words.replace("Mnist", "MNIST")
    assert "tune <went> well" in page.words
    assert page.tags.count("circle") == 4
    assert page.tags.count("figure") == 2


def test_the_page_needs_nothing_else(passed: SmokeReport) -> None:
    content = html.render(passed)
    page = Page(content)
    assert page.loads
    assert all(load.startswith("data:image/png;base64,") for load in page.loads)
    assert "<script" not in content
    assert not re.search(r"url\(|@import", content)


def test_the_page_of_a_failure_shows_the_cause(failed: SmokeReport) -> None:
    page = Page(html.render(failed))
    assert "Failed" in page.words
    assert "bad & wrong" in page.words
    assert "line" in page.words


def test_a_run_that_never_began_has_a_page() -> None:
    assert "before the first" in Page(html.render(SmokeReport("2026-01-02T03:04:05Z"))).words


def test_junit_counts_and_holds_the_error(failed: SmokeReport) -> None:
    suite = ElementTree.fromstring(junit.render(failed))
    assert {key: suite.get(key) for key in ("tests", "failures", "skipped")} == {
        "tests": "7",
        "failures": "1",
        "skipped": "5",
    }
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "bad & wrong"
    assert "line" in (failure.text or "")


@given(st.text(max_size=200))
def test_junit_is_xml_whatever_a_log_holds(text: str) -> None:
    report = SmokeReport("2026-01-02T03:04:05Z", steps=[Step("data", "failed", 1.0, error=text)])
    ElementTree.fromstring(junit.render(report))


def test_all_files_are_written(passed: SmokeReport, tmp_path: Path) -> None:
    files.write(passed, tmp_path / "new" / "folder")
    written = sorted(path.name for path in (tmp_path / "new" / "folder").iterdir())
    assert written == ["junit.xml", "report.html", "report.json"]
    value = json.loads((tmp_path / "new" / "folder" / "report.json").read_text())
    assert value["ok"] is True
    assert value["predictions"]["accuracy"] == pytest.approx(300 / 301)


def test_ok_needs_every_step(passed: SmokeReport, failed: SmokeReport) -> None:
    assert passed.ok
    assert not failed.ok
    passed.steps.pop()
    assert not passed.ok


@given(st.floats(-100, 100), st.floats(0, 100))
def test_ticks_cover_the_values(low: float, span: float) -> None:
    marks = html_charts.ticks(low, low + span)
    assert len(marks) >= 2
    assert marks == sorted(set(marks))
    slack = 1e-6 * max(1.0, abs(low) + span)
    assert marks[0] <= low + slack
    assert marks[-1] >= low + span - slack


def test_dots_lie_within_their_panel(passed: SmokeReport) -> None:
    panels = html_charts.panels(passed.trials, passed.best)
    assert [panel.title for panel in panels] == ["learning rate", "momentum"]
    for panel in panels:
        assert [dot.best for dot in panel.dots] == [False, True]
        for dot in panel.dots:
            assert panel.left <= dot.x <= panel.right
            assert panel.top <= dot.y <= panel.bottom


def test_bars_fill_the_timeline(passed: SmokeReport) -> None:
    bars = html_charts.timeline(passed.steps)
    assert sum(bar.width for bar in bars) == pytest.approx(1000, abs=0.1)
    assert html_charts.timeline([]) == []


def test_a_png_holds_the_pixels() -> None:
    content = html_png.png([0, 1, 2, 3, 4, 5], 3)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == (3, 2)
    start = content.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", content[start - 8 : start - 4])
    assert zlib.decompress(content[start : start + length]) == b"\0\0\1\2\0\3\4\5"
    with pytest.raises(ValueError, match="not rows of 4"):
        html_png.png([1, 2, 3], 4)
