"""One image of every registry that the plan uses, pulled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from slipway.doctor.cluster import pods
from slipway.doctor.cluster.context import Context
from slipway.doctor.cluster.say import fail, ok, skip
from slipway.doctor.model import Finding
from slipway.images.find import OURS, collect, of_components
from slipway.images.reference import Reference


def run(ctx: Context) -> list[Finding]:
    """A pod per registry."""
    chosen = sources((image.reference for image in collect(of_components(ctx.rendered))), ctx.image)
    if not chosen:
        return [skip("the plan uses no images")]
    return [one(ctx, host, image) for host, image in sorted(chosen.items())]


def sources(references: Iterable[Reference], preferred: str = "") -> dict[str, str]:
    """Host → one image of it: the preferred one where it is among them, else the first."""
    found: dict[str, str] = {}
    for reference in sorted(references):
        text = str(reference)
        if text == preferred or reference.host not in found:
            found[reference.host] = text
    return found


def one(ctx: Context, host: str, image: str) -> Finding:
    """Pull it, unless the nodes got it another way."""
    if host == OURS and ctx.imported:
        return skip(f"{host}: images are imported into the node, nothing is pulled")
    return pull(ctx, image)


def pull(ctx: Context, image: str) -> Finding:
    """Start a pod whose image has to be asked for; what the image does then is all the same."""
    body = pods.pod(ctx, "exit 0", image=image)
    body["spec"]["containers"][0]["imagePullPolicy"] = "Always"
    with pods.started(ctx.kube, body) as ref:
        found = pods.wait(ctx.kube, ref, ctx.seconds, ("Running",))
        ended = pods.outcome(ctx.kube, ref, found)
    return judge(image, pulled(found), ended)


def pulled(found: Mapping[str, object]) -> bool:
    """Whether the container got as far as being started: an image without a shell ends in StartError."""
    status = found.get("status")
    statuses = status.get("containerStatuses") or [] if isinstance(status, dict) else []
    states = [each.get("state") or {} for each in statuses]
    reasons = [(state.get("waiting") or {}).get("reason") for state in states]
    started = any("running" in state or "terminated" in state for state in states)
    return started or any(
        reason in ("RunContainerError", "CreateContainerError", "CrashLoopBackOff") for reason in reasons
    )


def judge(image: str, arrived: bool, ended: pods.Outcome) -> Finding:
    """The image came, or the kubelet says why not."""
    if arrived:
        return ok(f"{image} was pulled")
    remedy = "the node needs a way to the registry; or a mirror: slipway images mirror, and registry in slipway.yaml"
    return fail(f"{image} was not pulled: {ended.why}", remedy)
