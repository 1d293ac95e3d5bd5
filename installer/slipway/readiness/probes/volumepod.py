"""A small Pod with a claim, for the probes of volumes."""

from __future__ import annotations

import time
from collections.abc import Callable

from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.kube.lonepod import lone_pod
from slipway.naming import own_image
from slipway.progress import Reporter

IMAGE = own_image("base")
LABEL = "slipway.dev/probe"


def pod(
    namespace: str,
    *,
    probe: str,
    claim: str,
    script: str,
    user: int,
    group: int,
    seconds: int,
    image: str = IMAGE,
) -> Obj:
    """A Pod that runs ``script`` in a shell as ``user``, the claim at /volume; ``seconds`` bounds its life."""
    return lone_pod(
        namespace,
        "probe",
        {LABEL: probe},
        image=image,
        command=["/bin/sh", "-ec", script],
        security={"runAsNonRoot": True, "runAsUser": user, "runAsGroup": group},
        resources={"requests": {"cpu": "1m", "memory": "8Mi"}, "limits": {"memory": "64Mi"}},
        volumes=[{"name": "volume", "persistentVolumeClaim": {"claimName": claim}}],
        mounts=[{"name": "volume", "mountPath": "/volume"}],
        seconds=seconds,
        grace=1,
    )


def follow(
    kube: Client, ref: Ref, reporter: Reporter, *, seconds: float, running: Callable[[], None] | None = None
) -> None:
    """Return when the Pod succeeded; ``running`` is called once, when it runs.

    Raises SlipwayError with its log when it failed, with what it waits for when time is up.
    """
    end, called = time.monotonic() + seconds, False
    seen: Obj = {}
    while (rest := end - time.monotonic()) > 0:
        for event, seen in kube.watch(
            "v1", "Pod", ref.namespace, fields=f"metadata.name={ref.name}", timeout=max(1, int(rest))
        ):
            phase = seen.get("status", {}).get("phase")
            if event == "DELETED":
                raise SlipwayError("was deleted by somebody else", str(ref))
            if phase == "Succeeded":
                return
            if phase == "Failed":
                log = kube.logs(ref.namespace, ref.name, tail=5)
                raise SlipwayError(f"failed: {state(seen)}", str(ref), details=tuple(log.splitlines()))
            if phase == "Running" and running and not called:
                called = True
                running()
            reporter.waiting(str(ref), state(seen))
    raise SlipwayError(
        f"no end within {seconds:.0f} s: {state(seen)}",
        str(ref),
        f"kubectl -n {ref.namespace} describe pod {ref.name}",
        tuple(events(kube, ref)),
    )


def state(found: Obj) -> str:
    """Where a Pod is, and why."""
    status = found.get("status") or {}
    for container in status.get("containerStatuses") or []:
        for value in (container.get("state") or {}).values():
            if value.get("reason"):
                return f"{value['reason']}: {value.get('message', '')}".rstrip(": ")
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") != "True":
            return str(condition.get("message") or "not scheduled")
    return str(status.get("message") or status.get("phase") or "not scheduled")


def events(kube: Client, ref: Ref) -> list[str]:
    """What the cluster says about an object, the last lines."""
    found = kube.objects("v1", "Event", ref.namespace, fields=f"involvedObject.name={ref.name}")
    return [f"{event.get('reason')}: {event.get('message')}" for event in found][-5:]
