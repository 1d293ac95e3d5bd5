"""A controller of a component works when an object of its kind gets where it should, and then goes again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from slipway.diagnosis.details import details
from slipway.kube import Obj, ref_of
from slipway.readiness.context import ProbeContext
from slipway.readiness.kinds.fields import filled
from slipway.waiting.objects import Failing, Seen, until

SECONDS = 120


def run(ctx: ProbeContext, component: str, spec: Mapping[str, Any]) -> str:
    """Create the object, wait for what is expected of it, delete it. Raises SlipwayError with the cause."""
    started, seconds = time.monotonic(), spec.get("seconds", SECONDS)
    created = ctx.kube.create(filled(spec["object"], ctx))
    ref = ref_of(created)
    pods = str(spec.get("pods", "")).replace("{name}", ref.name)
    failing = Failing(
        f"not {' or '.join(spec['reached'])} within {seconds} s",
        spec.get("remedy", ""),
        lambda: details(ctx.kube, ref, pods),
    )
    waiting = partial(ctx.reporter.waiting, f"{component} {ref.kind.lower()}")
    try:
        until(ctx.kube, ref, partial(judged, spec), seconds, waiting, failing)
    finally:
        ctx.kube.delete(ref)
    return f"{spec['says']} in {time.monotonic() - started:.1f} s"


def judged(spec: Mapping[str, Any], obj: Obj) -> Seen:
    """What the object's state means: words at ``path``, or else the types of its conditions that are true."""
    words, messages = states(obj, spec.get("path", ""))
    text = f"it is {', '.join(words)}" if words else "its controller has not seen it"
    wrong = [word for word in words if word in spec.get("failed", ())]
    failed = f"is {wrong[0]}: {messages.get(wrong[0]) or 'no message'}" if wrong else ""
    return Seen(text, done=not wrong and any(word in spec["reached"] for word in words), failed=failed)


def states(obj: Obj, path: str) -> tuple[list[str], dict[str, str]]:
    """The words that say where an object is, and the message of each. Without ``path``: of its conditions."""
    status = obj.get("status") or {}
    if not path:
        held = [entry for entry in status.get("conditions") or [] if entry.get("status") == "True"]
        return [entry["type"] for entry in held], {entry["type"]: entry.get("message", "") for entry in held}
    value: Any = obj
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return ([str(value)], {str(value): str(status.get("message", ""))}) if value is not None else ([], {})
