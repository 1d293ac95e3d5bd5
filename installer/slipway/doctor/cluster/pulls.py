"""One image of every registry that the plan uses, pulled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from slipway.doctor.cluster import pods
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, ok, skip
from slipway.images.find import Image, collect, of_components
from slipway.images.reference import Reference
from slipway.kube import Obj
from slipway.naming import IMAGE_HOST

#: A tag that nobody makes: asking for it shows that the registry answers, and pulls nothing.
NO_TAG = "slipway-doctor-asks"
WORKLOADS = ("Deployment ", "StatefulSet ", "DaemonSet ", "Job ")


def run(ctx: Context) -> list[Finding]:
    """A pod per registry."""
    images = collect(of_components(ctx.rendered))
    if not images:
        return [skip("the plan uses no images")]
    at_once = sources((image.reference for image in images if installs(image)), ctx.image)
    later = {host: image for host, image in sources(each.reference for each in images).items() if host not in at_once}
    findings = [one(ctx, host, image) for host, image in sorted(at_once.items())]
    return findings + [asked(ctx, host, image) for host, image in sorted(later.items())]


def installs(image: Image) -> bool:
    """Whether a workload of the plan runs it, so that it is pulled anyway; others may be of many gigabytes."""
    return any(use.object.startswith(WORKLOADS) and use.path.endswith(".image") for use in image.uses)


def sources(references: Iterable[Reference], preferred: str = "") -> dict[str, str]:
    """Host → one image of it: the preferred one where it is among them, else the first."""
    images: dict[str, str] = {}
    for reference in sorted(references):
        text = str(reference)
        if text == preferred or reference.host not in images:
            images[reference.host] = text
    return images


def asked(ctx: Context, host: str, image: str) -> Finding:
    """Ask for a tag that is not there of an image that is started later only."""
    if host == IMAGE_HOST and ctx.imported:
        return one(ctx, host, image)
    wrong = image.partition("@")[0].rpartition(":")[0] + f":{NO_TAG}"
    return judge_asked(image, pods.run(ctx, image_pod(ctx, wrong)))


def judge_asked(image: str, ended: pods.Outcome) -> Finding:
    """That the tag is not found is the good answer: name resolution, network and permission are in order."""
    unreached = re.search(
        r"dial tcp|lookup |no such host|timeout|denied|unauthorized|forbidden", ended.why, re.IGNORECASE
    )
    if re.search(r"not found|manifest unknown", ended.why) and not unreached:
        return ok(f"the registry of {image} answers; it is started later, and may be large: not pulled")
    return judge(image, False, ended)


def one(ctx: Context, host: str, image: str) -> Finding:
    """Pull it, unless the nodes got it another way."""
    if host == IMAGE_HOST and ctx.imported:
        return skip(f"{host}: images are imported into the node, nothing is pulled")
    return pull(ctx, image)


def pull(ctx: Context, image: str) -> Finding:
    """Start a pod whose image has to be asked for; what the image does then is all the same."""
    with pods.started(ctx.kube, image_pod(ctx, image)) as ref:
        obj = pods.wait(ctx.kube, ref, ctx.seconds, ("Running",))
        ended = pods.outcome(ctx.kube, ref, obj)
    return judge(image, pulled(obj), ended)


def image_pod(ctx: Context, image: str) -> Obj:
    """A pod whose image the registry is asked for, even when the node has it."""
    body = pods.pod(ctx, "exit 0", image=image)
    body["spec"]["containers"][0]["imagePullPolicy"] = "Always"
    return body


def pulled(obj: Mapping[str, object]) -> bool:
    """Whether the container got as far as being started: an image without a shell ends in StartError."""
    status = obj.get("status")
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
