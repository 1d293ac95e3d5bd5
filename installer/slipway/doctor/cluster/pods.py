"""Short pods without privileges, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from slipway.diagnosis.causes import AT_ONCE, causes_of_pod, sentences_of_events, stuck
from slipway.doctor.cluster.context import Context
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.kube.restricted import lone_pod, pod_security
from slipway.waiting import Clock, settle

PAUSE = 0.5
ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Outcome:
    """How a pod ended: its phase (or Pending, Running when time was up), its log, what held it up, and a remedy."""

    phase: str
    log: str = ""
    cause: str = ""
    remedy: str = ""

    @property
    def good(self) -> bool:
        """Whether the script ended with 0."""
        return self.phase == "Succeeded"

    @property
    def why(self) -> str:
        """One line: what held it up, else the end of its log."""
        lines = [line.strip() for line in self.log.splitlines() if line.strip()]
        return self.cause or (lines[-1] if lines else f"the pod is {self.phase} and says nothing")


def pod(
    ctx: Context,
    script: str,
    *,
    namespace: str = "",
    node: str = "",
    claims: Sequence[str] = (),
    image: str = "",
    extra: Mapping[str, Any] | None = None,
) -> Obj:
    """A Pod that runs ``script`` in a shell as the plan's ordinary user; each claim at /volumes/<claim>.

    No fsGroup: it would change the owners of files that are there.
    ``node`` pins it through the scheduler, so that taints and room still count. ``extra`` goes over its spec.
    """
    volumes: list[Obj] = [{"name": "work", "emptyDir": {"sizeLimit": "1Mi"}}]
    mounts: list[Obj] = [{"name": "work", "mountPath": "/scratch"}]
    for number, claim in enumerate(claims):
        volumes.append({"name": f"v{number}", "persistentVolumeClaim": {"claimName": claim}})
        mounts.append({"name": f"v{number}", "mountPath": f"/volumes/{claim}"})
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    manifest = lone_pod(
        namespace or ctx.space,
        "doctor",
        {"slipway.dev/probe": "doctor"},
        image=image or ctx.image,
        command=["/bin/sh", "-ec", script],
        security=pod_security(ctx.user, ctx.group),
        resources={"requests": {"cpu": "1m", "memory": "8Mi"}, "limits": {"memory": "64Mi"}},
        volumes=volumes,
        mounts=mounts,
        seconds=ctx.seconds,
        grace=0,
    )
    manifest["spec"] |= {**({"affinity": affinity} if node else {}), **(extra or {})}
    return manifest


@contextmanager
def started(kube: Client, body: Obj) -> Iterator[Ref]:
    """The Pod, made; deleted afterwards whatever happens. Raises SlipwayError when it is refused."""
    ref = ref_of(kube.create(body))
    try:
        yield ref
    finally:
        kube.delete(ref)


def run(ctx: Context, body: Obj) -> Outcome:
    """Make the Pod, wait for its end at most ``ctx.seconds``, remove it. Raises SlipwayError when it is refused."""
    with started(ctx.kube, body) as ref:
        return outcome(ctx.kube, ref, wait(ctx.kube, ref, ctx.seconds))


def wait(kube: Client, ref: Ref, seconds: float, phases: Sequence[str] = ENDED) -> Obj:
    """The Pod once it is in one of the phases, or cannot get there, or time is up; {} when somebody deleted it."""

    def look() -> Obj:
        return kube.get("v1", "Pod", ref.name, ref.namespace) or {}

    def enough(obj: Obj) -> bool:
        return not obj or (obj.get("status") or {}).get("phase") in (*phases, *ENDED) or bool(stuck(obj, AT_ONCE))

    return settle(look, enough, Clock(seconds), every=PAUSE)


def outcome(kube: Client, ref: Ref, obj: Obj) -> Outcome:
    """What became of the Pod, with its log, or with what its conditions and events say."""
    if not obj:
        return Outcome("Gone", cause="somebody deleted the pod")
    phase = str((obj.get("status") or {}).get("phase") or "Pending")
    if phase in ENDED and (obj["status"].get("containerStatuses") or []):
        return Outcome(phase, kube.logs(ref.namespace, ref.name, tail=50))
    events = kube.objects("v1", "Event", ref.namespace, fields=f"involvedObject.name={ref.name}")
    return held(obj, events)


def held(obj: Obj, events: Sequence[Obj]) -> Outcome:
    """Why a Pod does not run: its own conditions first, the events else."""
    status = obj.get("status") or {}
    phase = str(status.get("phase") or "Pending")
    lines, remedy = sentences_of_events(events)
    detail = lines[-1] if lines else str(status.get("message") or f"the pod is still {phase}")
    for cause in causes_of_pod(obj):
        # ErrImagePull's own message is the whole story; a waiting claim's stands in the events.
        text = f"{cause.text}; {detail}" if cause.text.startswith("cannot be scheduled") and lines else cause.text
        return Outcome(phase, cause=text, remedy=cause.remedy or remedy)
    return Outcome(phase, cause=detail, remedy=remedy)
