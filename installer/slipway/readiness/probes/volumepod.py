"""A small Pod with a claim, for the probes of volumes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from slipway.diagnosis.causes import state
from slipway.diagnosis.details import details
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.kube.restricted import lone_pod, pod_security
from slipway.naming import own_image
from slipway.progress import Reporter
from slipway.waiting.objects import Failing, Seen, until

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
        security=pod_security(user, group),
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
    called = False

    def judge(obj: Obj) -> Seen:
        nonlocal called
        phase = (obj.get("status") or {}).get("phase")
        if phase == "Failed":
            log = kube.logs(ref.namespace, ref.name, tail=5)
            raise SlipwayError(f"failed: {state(obj)}", str(ref), details=tuple(log.splitlines()))
        if phase == "Running" and running and not called:
            called = True
            running()
        return Seen(state(obj), done=phase == "Succeeded")

    remedy = f"kubectl -n {ref.namespace} describe pod {ref.name}"
    failing = Failing(f"no end within {seconds:.0f} s", remedy, lambda: details(kube, ref))
    until(kube, ref, judge, seconds, partial(reporter.waiting, str(ref)), failing)
