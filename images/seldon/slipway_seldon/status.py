"""status as upstream's operator writes it. Pure: Deployments in, status out; times are RFC 3339 strings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slipway_controller.reader import Obj

from slipway_seldon import names, rollout, services
from slipway_seldon.labels import ID
from slipway_seldon.model import Model
from slipway_seldon.plan import name_of

AVAILABLE, CREATING, FAILED = "Available", "Creating", "Failed"
#: What may be part of a SeldonDeployment: condition, name, kind of the objects.
_PARTS = (
    ("HpasReady", "HPAs", "hpa"),
    ("KedaReady", "KEDA resources", "keda"),
    ("PdbsReady", "PDBs", "pdb"),
    ("istioVirtualServicesReady", "VirtualServices", ""),
)


@dataclass(frozen=True)
class Reasons:
    """Sentences of others: what the gateway has against Mappings, what Pods wait for."""

    gateway: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()


NONE = Reasons()


def condition(kind: str, ready: bool, reason: str, message: str = "") -> Obj:
    """One condition, without its time."""
    found = {"type": kind, "status": "True" if ready else "False", "reason": reason}
    return {**found, "message": message} if message else found


def conditions(new: Iterable[Obj], old: object, now: str) -> list[Obj]:
    """``new`` with the times of ``old`` where the status is the same; conditions that ``new`` lacks stay."""
    before = {c["type"]: c for c in old if isinstance(c, dict) and "type" in c} if isinstance(old, list) else {}
    merged = dict(before)
    for item in new:
        previous = before.get(item["type"], {})
        same = previous.get("status") == item["status"] and previous.get("lastTransitionTime")
        merged[item["type"]] = {**item, "lastTransitionTime": previous["lastTransitionTime"] if same else now}
    return [merged[kind] for kind in sorted(merged)]


def refused(old: Obj, reasons: Iterable[str], generation: int, now: str) -> Obj:
    """The status of an object that cannot be acted on. What served before goes on serving: its parts stay."""
    text = " ".join(reasons)
    ready = condition("Ready", False, "Refused", text)
    return {
        **old,
        "state": FAILED,
        "description": text,
        "observedGeneration": generation,
        "conditions": conditions([ready], old.get("conditions"), now),
    }


def observed(
    model: Model, live: Mapping[str, Obj], routed: bool, old: Obj, generation: int, now: str, reasons: Reasons = NONE
) -> Obj:
    """The status of an object that was acted on: ``live`` are the Deployments by name, ``routed`` says that every
    Mapping is as it shall be."""
    fault = " ".join(reasons.gateway)
    routed = routed and not fault
    wanted = [live.get(name, {"metadata": {"name": name}}) for name in model.deployments]
    complete = all(rollout.complete(d) for d in wanted)
    failed = [d for d in wanted if rollout.stalled(d) and not rollout.available(d)]
    ready = complete and routed
    state = AVAILABLE if ready else FAILED if failed else CREATING
    first = model.predictors[0]
    http = services.ports(first)[0]
    host = f"{first.service}.{model.namespace}.svc.cluster.local"
    details = " ".join(filter(None, [*([] if complete else [_details(wanted), *reasons.pods]), fault]))
    new = [
        condition("Ready", ready, "Ready" if ready else "NotReady", details),
        condition("DeploymentsReady", complete, _reason(wanted, complete), details),
        condition("ServicesReady", True, "All services created"),
        condition(
            "AmbassadorMappingsReady",
            routed,
            "All AmbassadorMappings created" if routed else "Not all AmbassadorMappings created",
            fault,
        ),
        *(condition(kind, True, _made(model, what, field)) for kind, what, field in _PARTS),
    ]
    return {
        "state": state,
        "description": details,
        "observedGeneration": generation,
        "replicas": _count(wanted[0], "replicas"),
        "deploymentStatus": {
            name_of(d): {"replicas": _count(d, "replicas"), "availableReplicas": _count(d, "availableReplicas")}
            for d in wanted
        },
        "serviceStatus": {name: e for p in model.predictors for name, e in services.endpoints(model, p).items()},
        "selector": f"{ID}={names.deployment_id(model.name)},seldon-app={first.service}",
        "address": {"url": f"http://{host}:{http}{_path(model)}"},
        "conditions": conditions(new, old.get("conditions"), now),
    }


def _path(model: Model) -> str:
    unit = model.predictors[0].graph.name
    if model.protocol == "tensorflow":
        return f"/v1/models/{unit}:predict"
    return "/api/v1.0/predictions" if model.protocol == "seldon" else f"/v2/models/{unit}/infer"


def _made(model: Model, what: str, field: str) -> str:
    used = field and any(getattr(c, field) for p in model.predictors for c in p.components)
    return f"All {what} created" if used else f"No {what} defined"


def _count(deployment: Obj, key: str) -> int:
    return int((deployment.get("status") or {}).get(key, 0))


def _reason(deployments: list[Obj], complete: bool) -> str:
    if complete:
        return "MinimumReplicasAvailable"
    waiting = (rollout.condition(d, "Available") for d in deployments if not rollout.complete(d))
    return next((str(c["reason"]) for c in waiting if c.get("status") == "False" and c.get("reason")), "Progressing")


def _details(deployments: list[Obj]) -> str:
    """One sentence for each Deployment that is not there yet: how far it is, what it says, what serves meanwhile."""
    sentences = []
    for deployment in deployments:
        if rollout.complete(deployment):
            continue
        wanted = (deployment.get("spec") or {}).get("replicas", 1)
        text = f"Deployment {name_of(deployment)}: {_count(deployment, 'updatedReplicas')} of {wanted} replicas are of "
        text += f"the present version, {_count(deployment, 'availableReplicas')} are available."
        short = rollout.condition(deployment, "ReplicaFailure")
        if short.get("status") == "True":
            text += f" {str(short.get('message', 'Pods are not made.')).rstrip('.')}."
        if rollout.stalled(deployment):
            text += f" {rollout.condition(deployment, 'Progressing').get('message', 'It makes no progress.')}"
            if rollout.available(deployment):
                text += " The previous version goes on serving."
        sentences.append(text)
    return " ".join(sentences)
