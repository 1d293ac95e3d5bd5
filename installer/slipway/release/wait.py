"""Waiting until objects are ready: named on screen, with a deadline, and with the cause when it fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway.errors import SlipwayError
from slipway.kube import ApiError, Client, Obj, Ref
from slipway.progress import Reporter
from slipway.readiness import Surroundings, Verdict, ready, watched
from slipway.readiness.verdict import not_yet
from slipway.release.live import Live

REPEAT_SECONDS = 10.0


class Stopped(Exception):
    """The user ended the installation."""


@dataclass
class Clock:
    """The time that a component has. ``timeout`` in seconds, from the creation of the clock."""

    timeout: float
    stop: threading.Event = field(default_factory=threading.Event)
    start: float = field(default_factory=time.monotonic)

    @property
    def deadline(self) -> float:
        """When time is up, of time.monotonic."""
        return self.start + self.timeout

    @property
    def left(self) -> float:
        """Seconds until the deadline; negative afterwards."""
        return self.deadline - time.monotonic()

    def extend(self, seconds: float) -> None:
        """Time that was spent on something else does not count."""
        self.start += seconds

    def check(self) -> None:
        """Raises Stopped when the user wants an end."""
        if self.stop.is_set():
            raise Stopped

    def __str__(self) -> str:
        return f"{time.monotonic() - self.start:.0f} s of {self.timeout:.0f} s"


def surroundings(client: Client) -> Surroundings:
    """The StorageClasses as predicates want them; nothing when they cannot be read."""
    try:
        classes = client.objects("storage.k8s.io/v1", "StorageClass")
    except (ApiError, SlipwayError):
        return Surroundings()
    default = [c for c in classes if _is_default(c)]
    return Surroundings(
        {c["metadata"]["name"]: c.get("volumeBindingMode", "Immediate") for c in classes},
        default[0]["metadata"]["name"] if default else "",
    )


def _is_default(storage_class: Obj) -> bool:
    annotations = storage_class["metadata"].get("annotations") or {}
    return bool(annotations.get("storageclass.kubernetes.io/is-default-class") == "true")


def pending(live: Live, applied: Mapping[Ref, Obj], around: Surroundings) -> dict[Ref, Verdict]:
    """Those of the applied objects that are not ready, and why."""
    found = {}
    for ref, obj in applied.items():
        if watched(ref.api_version, ref.kind):
            verdict = _judge(live.get(ref), obj, around)
            if not verdict.ready:
                found[ref] = verdict
    return found


def _judge(seen: Obj | None, applied: Obj, around: Surroundings) -> Verdict:
    if seen is not None:
        meta, wanted = seen["metadata"], applied.get("metadata") or {}
        if meta.get("uid") == wanted.get("uid") and meta.get("generation", 0) < wanted.get("generation", 0):
            return not_yet("its change is on the way")
    return ready(seen, around)


def until_ready(
    client: Client, live: Live, component: str, applied: Mapping[Ref, Obj], clock: Clock, reporter: Reporter
) -> dict[Ref, Verdict]:
    """Wait for all of ``applied``. Returns what is still not ready at the deadline, or has failed for good."""
    # Whoever waits for nothing needs none of what explains it.
    from slipway.release.witness import Witness

    live.follow({(ref.api_version, ref.kind) for ref in applied if watched(ref.api_version, ref.kind)})
    # Only claims are judged by what is around them.
    claims = any(ref.kind == "PersistentVolumeClaim" for ref in applied)
    around, witness = surroundings(client) if claims else Surroundings(), Witness(client)
    said, said_at = "", 0.0
    while True:
        clock.check()
        version = live.version
        open_ones = pending(live, applied, around)
        if open_ones:
            open_ones |= witness.look(open_ones, {ref: obj for ref in open_ones if (obj := live.get(ref))})
        if not open_ones or clock.left <= 0 or any(v.state == "failed" for v in open_ones.values()):
            return open_ones
        text, why = sentence(open_ones), witness.cause
        why = "" if "was refused" in text else why
        now = time.monotonic()
        if (text + why != said and now - said_at >= 1.0) or now - said_at >= REPEAT_SECONDS:
            reporter.waiting(component, f"waiting for {text}", clock=clock, why=why)
            around = surroundings(client) if claims else around
            said, said_at = text + why, now
        live.wait(version, min(1.0, clock.left))


def sentence(open_ones: Mapping[Ref, Verdict]) -> str:
    """``Deployment argo/server: 0 of 1 pods are available, and 2 more``."""
    from slipway.release.causes import short

    ref = min(open_ones, key=lambda r: (r.kind not in ("Deployment", "StatefulSet", "DaemonSet", "Job"), r))
    more = f", and {len(open_ones) - 1} more" if len(open_ones) > 1 else ""
    return f"{ref}: {short(open_ones[ref].reason)}{more}"
