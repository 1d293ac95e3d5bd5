"""Whether the holder of a Lease lives, judged by the observer's own clock.

The time that a holder writes down is that of its clock, which may be off by minutes; that it writes at all is certain.
Source: client-go, tools/leaderelection (observedRecord, observedTime).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from slipway.kube.objects import Obj

#: Seconds of a Lease that does not say how long it counts, and the most that is believed.
USUAL, MOST = 30, 120

#: ``silent``: it has not been seen to renew, and not for long enough to be dead.
Sight = Literal["free", "silent", "alive"]


@dataclass
class Observer:
    """Looks at one Lease again and again. Times are seconds of any clock that only goes forward."""

    _seen: Obj | None = field(default=None, init=False)
    _since: float = field(default=0.0, init=False)

    def look(self, obj: Obj | None, now: float) -> Sight:
        """What is known at ``now``, when the Lease is ``obj`` so (None: there is none)."""
        spec = (obj or {}).get("spec") or {}
        if not spec.get("holderIdentity"):
            return "free"
        if self._seen is None:
            self._seen, self._since = spec, now
            return "silent"
        if spec != self._seen:
            return "alive"
        return "free" if now - self._since >= duration(spec) else "silent"


def duration(spec: Obj) -> float:
    """Seconds without a renewal after which a holder counts as dead."""
    return float(min(spec.get("leaseDurationSeconds") or USUAL, MOST))
