"""Reading what a layer's tests say of themselves, and telling all of it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from layers_model import Layer, Result

#: How many modules of a layer are named with their time.
LONGEST = 3


def read(layer: Layer, code: int, seconds: float, junit: Path) -> Result:
    """The result of a layer that ended with ``code``; one that wrote no ``junit`` is a single test."""
    counts, longest = _counted(junit)
    if not counts["tests"]:
        why = f"ended with {code}" if code else ""
        return Result(layer.name, int(not code), int(bool(code)), 0, seconds, layer.budget, why)
    failed, skipped, why = counts["failures"] + counts["errors"], counts["skipped"], ""
    if code and not failed:
        # Not a test: a fixture's end, a crash, an interruption.
        failed, why = 1, f"ended with {code}"
    passed = counts["tests"] - counts["failures"] - counts["errors"] - skipped
    return Result(layer.name, passed, failed, skipped, seconds, layer.budget, why, longest)


def _counted(junit: Path) -> tuple[Counter[str], list[tuple[str, float]]]:
    counts, times = Counter[str](), defaultdict[str, float](float)
    try:
        suites = list(ElementTree.parse(junit).getroot().iter("testsuite"))
    except (OSError, ElementTree.ParseError):  # a killed layer's file may end in the middle
        return counts, []
    for suite in suites:
        counts.update({name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")})
        for case in suite.iter("testcase"):
            times[case.get("classname", "")] += float(case.get("time", 0))
    return counts, sorted(times.items(), key=lambda item: -item[1])[:LONGEST]


def not_run(layer: Layer, why: str, *, demanded: bool) -> Result:
    """A layer that could not run: an error where all are ``demanded``."""
    return Result(layer.name, failed=int(demanded), skipped=int(not demanded), budget=layer.budget, why=why)


def code(results: Sequence[Result]) -> int:
    """The exit code: 1 when something failed, or nothing ran."""
    return int(any(result.failed for result in results) or not any(result.passed for result in results))


def table(results: Sequence[Result]) -> list[str]:
    """A line for each layer; times in minutes and seconds, beside them what was meant."""
    head = ("layer", "passed", "failed", "skipped", "time", "budget", "")
    rows = [
        (
            result.name,
            *(str(count) for count in (result.passed, result.failed, result.skipped)),
            clock(result.seconds) if result.seconds else "–",
            clock(result.budget),
            result.why,
        )
        for result in results
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:6], widths[1:6]), row[6]]).rstrip()
            for row in (head, *rows)]  # fmt: skip


def longest(results: Sequence[Result]) -> list[str]:
    """Which modules of each layer took longest."""
    return [
        f"longest in {result.name}: " + ", ".join(f"{name} {clock(seconds)}" for name, seconds in result.longest)
        for result in results
        if result.longest
    ]


def totals(results: Sequence[Result]) -> str:
    """The closing line."""
    passed, failed, skipped = (
        sum(getattr(result, name) for result in results) for name in ("passed", "failed", "skipped")
    )
    return f"{passed} passed, {failed} failed, {skipped} skipped"


def clock(seconds: float) -> str:
    """531 → 8:51."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
