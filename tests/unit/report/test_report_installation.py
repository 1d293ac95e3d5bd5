"""What a user reads after an installation."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from slipway.catalog import Catalog, Component
from slipway.config.model import Config
from slipway.errors import SlipwayError
from slipway.progress import Reporter, Timing
from slipway.readiness.probe import Passed
from slipway.release.applying.engine import Installation, Outcome
from slipway.release.state.inventory import Release
from slipway.report import installation as report
from slipway.report.phases import phases
from slipway.workflows.options import Options
from slipway.workflows.platform import Platform, places
from slipway.workflows.smoke_test import options, smoke_if_needed

READY = Outcome(
    "argo",
    "3.7.18",
    "upstream",
    "ready",
    "changed",
    {"apply": 1.25, "ready": 2.5, "probes": 3.0},
    (Passed("dag", "a parameter went through two steps", 3.0),),
)
FAILED = Outcome(
    "katib", "0.19.0", "compact", "failed", error=SlipwayError("not ready after 5 s"), seconds={"all": 5.0}
)
SKIPPED = Outcome("x", "1", "compact", "skipped", "it requires katib")
SAME = Outcome("y", "1", "compact", "unchanged")


def test_the_table_has_a_line_for_each_component() -> None:
    text = report.table(Installation((READY, FAILED, SKIPPED, SAME), Release(3)))
    lines = {line.split()[1]: line for line in text.splitlines() if line.strip().startswith(("✓", "✗", "-"))}
    assert "a parameter went through two steps" in lines["argo"]
    assert "6.8" in lines["argo"]
    assert "not ready after 5 s" in lines["katib"]
    assert "it requires katib" in lines["x"]
    assert "unchanged" in lines["y"]


def test_json_is_what_a_script_reads(capsys: pytest.CaptureFixture[str]) -> None:
    report.show(Installation((READY, FAILED), Release(3)), [Timing("install", "argo", 6.75)], "json")
    value = json.loads(capsys.readouterr().out)
    assert value["ok"] is False
    assert value["revision"] == 3
    assert value["components"][0]["probes"][0]["says"] == "a parameter went through two steps"
    assert value["components"][1]["error"] == "not ready after 5 s"
    assert value["timings"] == [{"phase": "install", "step": "argo", "seconds": 6.75, "ok": True}]


def test_nothing_to_do_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    report.show(Installation((SAME,), Release(3)), [], "table")
    assert capsys.readouterr().out == "nothing to do: 1 components are installed and ready (release 3)\n"


def test_phases_are_summed() -> None:
    text = phases([Timing("phase", "cluster", 8.0), Timing("other", "x", 100), Timing("phase", "install", 4.5, False)])
    assert "✓ cluster" in text
    assert "✗ install" in text
    assert text.splitlines()[-1].split() == ["together", "12.5"]


def found(tmp_path: Path, **smoke: object) -> Platform:
    opened = Component(
        "hub", "1", "upstream", "", "hub", tmp_path, open_url="http://{gateway}/hub/", open_login="echo '{.data}'"
    )
    quiet = Component("quiet", "1", "upstream", "", "hub", tmp_path)
    catalog = Catalog(tmp_path, "embedded", {"hub": opened, "quiet": quiet})
    config = Config(smoke=smoke, node={"address": "192.0.2.7"}, project="ml")
    made = Platform(config, catalog, Options(None, None, ()), Reporter("plain", io.StringIO()))
    made.__dict__["node_ip"] = "192.0.2.7"
    return made


def test_what_can_be_opened(tmp_path: Path) -> None:
    assert places(found(tmp_path)) == {"hub": ("http://192.0.2.7:30080/hub/", "echo '{.data}'")}


def test_a_release_that_passed_the_smoke_test_does_not_run_it_again(tmp_path: Path) -> None:
    told = smoke_if_needed(found(tmp_path), Release(revision=4, smoke=4, smoke_time="yesterday"), force=False)
    assert told["result"] == "recorded"
    assert "release 4 passed it at yesterday" in told["why"]


def test_options_of_the_smoke_test_come_from_file_and_command_line(tmp_path: Path) -> None:
    chosen = options(found(tmp_path, trials=10, report_dir="out/x", data="digits"), trials=3, data=None)
    assert (chosen.trials, chosen.data, chosen.report_dir, chosen.project) == (3, "digits", Path("out/x"), "ml")


@pytest.mark.parametrize(("style", "expected"), [("plain", "✓ done"), ("json", '"text": "done"')])
def test_progress_styles(style: str, expected: str) -> None:
    stream = io.StringIO()
    Reporter(style, stream).say("done", mark="✓")  # type: ignore[arg-type]
    assert expected in stream.getvalue()


def test_waiting_is_said_once_per_change() -> None:
    stream = io.StringIO()
    reporter = Reporter("plain", stream)
    for text in ("a", "a", "b", "a"):
        reporter.waiting("argo", text)
    assert [line.rpartition(": ")[2] for line in stream.getvalue().splitlines()] == ["a", "b", "a"]


def test_a_step_that_fails_is_timed_and_marked() -> None:
    reporter = Reporter("plain", io.StringIO())
    with pytest.raises(ValueError, match="x"), reporter.step("phase", "cluster"):
        raise ValueError("x")
    assert [(timing.name, timing.ok) for timing in reporter.timings] == [("cluster", False)]


def test_the_slowest_are_named_with_what_took_the_time() -> None:
    assert report.slowest(Installation((READY, FAILED, SKIPPED, SAME), Release(3))) == (
        "slowest: argo 7 s (probes 3 s), katib 5 s (all 5 s)"
    )
    assert report.slowest(Installation((SAME,), Release(3))) == ""


def test_probes_alone_change_nothing_and_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    done = Installation((replace(READY, applied=False), SAME), Release(3))
    report.show(done, [], "json")
    assert json.loads(capsys.readouterr().out)["changed"] is False
    report.show(done, [], "table")
    assert "a parameter went through two steps" in capsys.readouterr().out


@pytest.mark.parametrize("applied", [READY, FAILED])
def test_what_was_applied_is_a_change_whatever_became_of_it(applied: Outcome) -> None:
    assert report.value(Installation((applied, SAME), Release(3)))["changed"] is True
