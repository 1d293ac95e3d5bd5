"""Waiting until objects are ready: named on screen, with a deadline, and with the cause when it fails."""

from __future__ import annotations

import time
from collections.abc import Mapping

from slipway.kube import Client, Obj, Ref
from slipway.progress import Reporter
from slipway.readiness import StorageClasses, Verdict, ready, watched
from slipway.readiness.verdict import not_yet
from slipway.release.objects.storage_classes import storage_classes
from slipway.release.waiting.watch_cache import WatchCache
from slipway.waiting import Clock

REPEAT_SECONDS = 10.0


def pending(cache: WatchCache, applied: Mapping[Ref, Obj], around: StorageClasses) -> dict[Ref, Verdict]:
    """Those of the applied objects that are not ready, and why."""
    reasons = {}
    for ref, obj in applied.items():
        if watched(ref.api_version, ref.kind):
            verdict = _judge(cache.get(ref), obj, around)
            if not verdict.ready:
                reasons[ref] = verdict
    return reasons


def _judge(seen: Obj | None, applied: Obj, around: StorageClasses) -> Verdict:
    if seen is not None:
        meta, wanted = seen["metadata"], applied.get("metadata") or {}
        if meta.get("uid") == wanted.get("uid") and meta.get("generation", 0) < wanted.get("generation", 0):
            return not_yet("its change is on the way")
    return ready(seen, around)


def until_ready(
    client: Client, cache: WatchCache, component: str, applied: Mapping[Ref, Obj], clock: Clock, reporter: Reporter
) -> dict[Ref, Verdict]:
    """Wait for all of ``applied``. Returns what is still not ready at the deadline, or has failed for good."""
    # Whoever waits for nothing needs none of what explains it.
    from slipway.release.waiting.observer import Observer

    cache.follow({(ref.api_version, ref.kind) for ref in applied if watched(ref.api_version, ref.kind)})
    # Only claims are judged by what is around them.
    claims = any(ref.kind == "PersistentVolumeClaim" for ref in applied)
    around, observer = storage_classes(client) if claims else StorageClasses(), Observer(client)
    reported, said_at = "", 0.0
    while True:
        clock.check()
        version = cache.version
        open_ones = pending(cache, applied, around)
        if open_ones:
            open_ones |= observer.look(open_ones, {ref: obj for ref in open_ones if (obj := cache.get(ref))})
        if not open_ones or clock.left <= 0 or any(v.state == "failed" for v in open_ones.values()):
            return open_ones
        text, why = sentence(open_ones), observer.cause
        why = "" if "was refused" in text else why
        now = time.monotonic()
        if (text + why != reported and now - said_at >= 1.0) or now - said_at >= REPEAT_SECONDS:
            reporter.waiting(component, f"waiting for {text}", clock=clock, why=why)
            around = storage_classes(client) if claims else around
            reported, said_at = text + why, now
        cache.wait(version, min(1.0, clock.left))


def sentence(open_ones: Mapping[Ref, Verdict]) -> str:
    """``Deployment argo/server: 0 of 1 pods are available, and 2 more``."""
    from slipway.diagnosis.causes import short

    ref = min(open_ones, key=lambda r: (r.kind not in ("Deployment", "StatefulSet", "DaemonSet", "Job"), r))
    more = f", and {len(open_ones) - 1} more" if len(open_ones) > 1 else ""
    return f"{ref}: {short(open_ones[ref].reason)}{more}"
