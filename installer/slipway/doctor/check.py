"""A row of the table of checks, and what is reported of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from slipway.doctor.cluster.context import Context
from slipway.doctor.facts import Facts
from slipway.doctor.finding import Finding, Result

Scope = Literal["host", "cluster"]


@dataclass(frozen=True)
class Check:
    """``run`` asks a cluster; of a check of the machine, ``host`` judges its facts instead.

    ``gate``: when it fails, nothing else is asked of the cluster. ``plan``: it needs the rendered plan; ``pods``: it
    starts pods. Of those with pods, ``first`` tries a pod for all others; ``unstarted`` is asked when that pod does not
    run, ``podless`` also when no pod can be made at all.
    """

    name: str
    checked: str
    run: Callable[[Context], list[Finding]] = lambda _: []
    host: Callable[[Facts], Finding] | None = None
    gate: bool = False
    plan: bool = False
    pods: bool = False
    first: bool = False
    unstarted: bool = False
    podless: bool = False

    @property
    def scope(self) -> Scope:
        """Where it looks."""
        return "host" if self.host else "cluster"

    def row(self, finding: Finding) -> Row:
        """A finding of this check as it is reported."""
        return Row(self.name, self.scope, self.checked, finding.result, finding.says, finding.remedy)


@dataclass(frozen=True)
class Row:
    """A finding as it is reported: where it was looked, what was checked, the result, its cause and a remedy."""

    check: str
    scope: Scope
    checked: str
    result: Result
    cause: str
    remedy: str = ""
