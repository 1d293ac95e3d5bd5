"""Probes are run until they pass, until time is up, or until they say that it is no use."""

from __future__ import annotations

import io
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from slipway.catalog import Component, ProbeSpec
from slipway.errors import NotYet, SlipwayError
from slipway.progress import Reporter
from slipway.readiness import probe
from slipway.readiness.context import ProbeContext
from slipway.waiting import Clock

MODULE = "slipway.readiness.probes.probe_runner_test"
COMPONENT = Component("probe-runner-test", "1", "compact", "", "x", Path(), probes=(ProbeSpec("first-step"),))


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    made = types.ModuleType(MODULE)
    monkeypatch.setitem(sys.modules, MODULE, made)
    monkeypatch.setattr(probe, "PAUSE", 0.01)
    return made


def context() -> ProbeContext:
    return ProbeContext(None, "workbench", {}, "http://x", "x", Reporter("plain", io.StringIO()))  # type: ignore[arg-type]


def after(count: int, error: Callable[[], Exception]) -> Callable[[ProbeContext], str]:
    calls = []

    def run(_: ProbeContext) -> str:
        calls.append(1)
        if len(calls) <= count:
            raise error()
        return f"passed at call {len(calls)}"

    return run


def test_not_yet_is_waited_for(module: types.ModuleType) -> None:
    module.probe_first_step = after(3, lambda: NotYet("no endpoints"))  # type: ignore[attr-defined]
    given = context()
    (passed,) = probe.run(COMPONENT, given, Clock(5))
    assert passed.sentence == "passed at call 4"
    assert "probe first-step: no endpoints" in given.reporter.stream.getvalue()  # type: ignore[attr-defined]


def test_time_is_up(module: types.ModuleType) -> None:
    module.probe_first_step = after(10**6, lambda: NotYet("no endpoints", remedy="wait"))  # type: ignore[attr-defined]
    with pytest.raises(SlipwayError, match="did not pass in time: no endpoints"):
        probe.run(COMPONENT, context(), Clock(0.1))


def test_what_is_wrong_is_raised_at_once(module: types.ModuleType) -> None:
    module.probe_first_step = after(1, lambda: SlipwayError("wrong"))  # type: ignore[attr-defined]
    with pytest.raises(SlipwayError, match="wrong"):
        probe.run(COMPONENT, context(), Clock(5))


def test_a_probe_that_is_not_there_is_named(module: types.ModuleType) -> None:
    with pytest.raises(SlipwayError, match="probe 'first-step' cannot be loaded"):
        probe.run(COMPONENT, context(), Clock(5))
