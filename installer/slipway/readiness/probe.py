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
PACKAGE = "slipway.readiness"


@dataclass(frozen=True)
class Passed:
    """A probe that passed: what it says of the component, and how long it took."""

    name: str
    sentence: str
    seconds: float


def find(component: Component, spec: ProbeSpec) -> Probe:
    """The probe as a function: of its kind, or of the component's module. Raises SlipwayError when there is none."""
    where = f"component {component.name}"
    if spec.kind:
        try:
            kind = importlib.import_module(f"{PACKAGE}.kinds.{spec.kind}")
        except ImportError as error:
            raise SlipwayError(f"probe '{spec.name}' cannot be loaded: {error}", where) from error
        return partial(kind.run, component=component.name, spec=spec.spec)
    probe = function(component.name, spec.name)
    if probe is None:
        raise SlipwayError(f"probe '{spec.name}' cannot be loaded: there is no such function", where)
    return probe


def function(component: str, name: str) -> Probe | None:
    """The function of a probe that is a name alone; None where there is none."""
    module = f"{PACKAGE}.probes.{component.replace('-', '_')}"
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None
    probe: Probe | None = getattr(loaded, f"probe_{name.replace('-', '_')}", None)
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
