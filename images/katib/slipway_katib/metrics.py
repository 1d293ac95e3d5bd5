"""From a log to an observation. Source: Katib v0.19, file-metricscollector.go and trial_controller_util.go.

The log is read line by line and never kept: what stays is min, max and latest of each metric.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slipway_katib import numbers
from slipway_katib.names import UNAVAILABLE, Obj

#: Group 1 is the name, group 2 the value.
DEFAULT_FILTER = r"([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)"
#: Katib asks this of a filter before it uses it.
TWO_GROUPS = re.compile(r".*\(.*\).*\(.*\).*")
#: One regular expression must not use more memory than this.
MAX_PATTERN_BYTES = 8 << 20

_ZERO = (datetime.min.replace(tzinfo=UTC), 0)
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)

#: A line → the pairs of name and value in it.
Matcher = Callable[[str], Iterator[tuple[str, str]]]


class BadFilter(ValueError):
    """A metricsFormat that is no regular expression with two groups."""


def compile_filter(pattern: str) -> Matcher:
    """A filter in RE2's syntax, as in Go; matching takes linear time whatever the pattern. Raises BadFilter."""
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_PATTERN_BYTES
    try:
        compiled: Any = re2.compile(pattern, options)
    except Exception as error:  # re2.Error; the module is a C extension without a stable exception tree
        raise BadFilter(f"invalid filter: {_words(error)}") from error
    if not TWO_GROUPS.match(pattern) or compiled.groups < 2:
        raise BadFilter("two top subexpressions are required")

    def pairs(line: str) -> Iterator[tuple[str, str]]:
        for match in compiled.finditer(line):
            yield (match.group(1) or "").strip(), (match.group(2) or "").strip()

    return pairs


def _words(error: Exception) -> str:
    text = error.args[0] if error.args else error
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def parse_time(token: str) -> tuple[datetime, int] | None:
    """An RFC 3339 time as (seconds, nanoseconds), ordered as time; None when it is none."""
    found = _TIME.fullmatch(token)
    if not found:
        return None
    seconds, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(seconds + ("+00:00" if zone == "Z" else zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment, int((fraction or "0")[:9].ljust(9, "0"))


@dataclass
class _Metric:
    """One metric's values so far; ``low`` and ``high`` are the numbers of ``min`` and ``max``."""

    min: str = UNAVAILABLE
    max: str = UNAVAILABLE
    latest: str = UNAVAILABLE
    low: float = 0.0
    high: float = 0.0
    time: tuple[datetime, int] | None = None
    seen: bool = False

    def add(self, value: str, time: tuple[datetime, int]) -> None:
        self.seen = True
        number = numbers.parse(value)
        if number is not None:
            if self.min == UNAVAILABLE:
                self.min = self.max = value
                self.low = self.high = number
            elif number < self.low:
                self.min, self.low = value, number
            elif number > self.high:
                self.max, self.high = value, number
        if self.time is None or time >= self.time:
            self.time, self.latest = time, value


class Collector:
    """Gathers metrics from lines; ``names`` begins with the objective."""

    def __init__(self, names: Sequence[str], filters: Sequence[str] = ()) -> None:
        """Raises BadFilter."""
        self._names = list(dict.fromkeys(names))
        self._metrics = {name: _Metric() for name in self._names}
        self._matchers = [compile_filter(pattern) for pattern in (filters or [DEFAULT_FILTER])]

    def feed(self, line: str) -> None:
        """Take one line, without its end."""
        if not any(name in line for name in self._names):
            return
        head, blank, _ = line.partition(" ")
        time = (parse_time(head) if blank else None) or _ZERO
        for matcher in self._matchers:
            for name, value in matcher(line):
                if name in self._metrics:
                    self._metrics[name].add(value, time)

    @property
    def found(self) -> bool:
        """True when the objective was seen."""
        return self._metrics[self._names[0]].seen

    def observation(self) -> Obj:
        """``{"metrics": [{name, min, max, latest}]}``; without the objective every value is 'unavailable'."""
        empty = _Metric()
        return {
            "metrics": [
                {"name": name, "min": value.min, "max": value.max, "latest": value.latest}
                for name in self._names
                for value in [self._metrics[name] if self.found else empty]
            ]
        }


def collector_for(objective: Obj, metrics_collector: Obj) -> Collector:
    """The collector of a Trial: metrics are those that have a strategy, the objective first. Raises BadFilter."""
    objective_name = objective["objectiveMetricName"]
    names = [objective_name, *(s["name"] for s in objective.get("metricStrategies") or [])]
    source = metrics_collector.get("source") or {}
    return Collector(names, (source.get("filter") or {}).get("metricsFormat") or ())


def is_available(objective: Obj, observation: Obj | None) -> bool:
    """True when the objective has a latest value."""
    return any(
        metric.get("name") == objective.get("objectiveMetricName") and metric.get("latest") != UNAVAILABLE
        for metric in (observation or {}).get("metrics") or []
    )


def objective_value(objective: Obj, observation: Obj | None) -> str:
    """The objective's value by its strategy, or 'unavailable'. The value may be no number."""
    name = objective.get("objectiveMetricName")
    strategy = next((s.get("value") for s in objective.get("metricStrategies") or [] if s.get("name") == name), None)
    for metric in (observation or {}).get("metrics") or []:
        if metric.get("name") != name:
            continue
        latest = str(metric.get("latest", ""))
        if strategy in ("min", "max"):
            value = str(metric.get(strategy, ""))
            return latest if value == UNAVAILABLE else value
        return latest if strategy == "latest" else UNAVAILABLE
    return UNAVAILABLE
