"""Running a component's probes until they pass or time is up."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from slipway.catalog import Component, ProbeSpec
from slipway.errors import NotYet, SlipwayError
from slipway.readiness.context import ProbeContext
from slipway.waiting import Clock, poll

Probe = Callable[[ProbeContext], str]
PAUSE = 1.0


@dataclass(frozen=True)
class Passed:
    """A probe that passed: what it says of the component, and how long it took."""

    name: str
    sentence: str
    seconds: float


def find(component: Component, spec: ProbeSpec) -> Probe:
    """The probe as a function: of its kind, or of the component's module. Raises SlipwayError when there is none."""
    package = "slipway.readiness"
    try:
        if spec.kind:
            kind = importlib.import_module(f"{package}.kinds.{spec.kind}")
            return partial(kind.run, component=component.name, spec=spec.spec)
        module = importlib.import_module(f"{package}.probes.{component.name.replace('-', '_')}")
        probe: Probe = getattr(module, f"probe_{spec.name.replace('-', '_')}")
    except (ImportError, AttributeError) as error:
        raise SlipwayError(f"probe '{spec.name}' cannot be loaded: {error}", f"component {component.name}") from error
    return probe


def run(component: Component, context: ProbeContext, clock: Clock) -> list[Passed]:
    """Run every probe; NotYet is waited for as long as ``clock`` has time.

    Raises SlipwayError with the last reason when time is up, or at once what the probe itself finds wrong.
    """
    passed = []
    for spec in component.probes:
        probe, start = find(component, spec), time.monotonic()
        sentence = _until(probe, spec.name, component, context, clock)
        passed.append(Passed(spec.name, sentence, time.monotonic() - start))
    return passed


def _until(
    probe: Probe,
    name: str,
    component: Component,
    context: ProbeContext,
    clock: Clock,
) -> str:
    try:
        return poll(
            lambda: probe(context),
            clock,
            every=PAUSE,
            waiting=lambda error: context.reporter.waiting(component.name, f"probe {name}: {error.what}"),
        )
    except NotYet as error:
        what = f"probe '{name}' did not pass in time: {error.what}"
        raise SlipwayError(what, f"component {component.name}", error.remedy, error.details) from error
