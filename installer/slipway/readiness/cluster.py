"""CRDs, APIServices, webhook configurations, Namespaces, volumes, Services."""

from __future__ import annotations

from slipway.kube.objects import Obj
from slipway.readiness.verdict import READY, StorageClasses, Verdict, condition, failed, is_true, not_yet


def crd(obj: Obj, _: StorageClasses) -> Verdict:
    """Its names are accepted and it is established. A conflict of names stays until someone ends it."""
    names = condition(obj, "NamesAccepted")
    if names.get("status") == "False":
        return failed(f"its names are not accepted: {names.get('message', '')}")
    return READY if is_true(obj, "Established") else not_yet("not established")


def api_service(obj: Obj, _: StorageClasses) -> Verdict:
    """The aggregated API server answers."""
    entry = condition(obj, "Available")
    return READY if entry.get("status") == "True" else not_yet(entry.get("message") or "not available")


def webhook_configuration(obj: Obj, _: StorageClasses) -> Verdict:
    """Every webhook that points to a Service has a CA bundle; one with an URL may use public roots."""
    for hook in obj.get("webhooks") or []:
        client = hook.get("clientConfig") or {}
        if client.get("service") and not client.get("caBundle"):
            return not_yet(f"webhook {hook.get('name', '')} has no CA bundle")
    return READY


def namespace(obj: Obj, _: StorageClasses) -> Verdict:
    """It is active."""
    phase = (obj.get("status") or {}).get("phase", "")
    return READY if phase == "Active" else not_yet(f"phase {phase or 'unknown'}")


def claim(obj: Obj, around: StorageClasses) -> Verdict:
    """It is bound; where its class waits for the first pod, pending is all that can be."""
    phase = (obj.get("status") or {}).get("phase", "Pending")
    if phase == "Bound":
        return READY
    if phase == "Lost":
        return failed("its volume is gone")
    spec = obj.get("spec") or {}
    name = spec.get("storageClassName")
    name = around.default_class if name is None else name
    if not spec.get("volumeName") and around.binding_modes.get(name) == "WaitForFirstConsumer":
        return READY
    return not_yet("not bound")


def volume(obj: Obj, _: StorageClasses) -> Verdict:
    """It is not Failed; whether a claim takes it is the claim's matter."""
    status = obj.get("status") or {}
    if status.get("phase") == "Failed":
        return failed(status.get("message") or "the volume failed")
    return READY


def service(obj: Obj, _: StorageClasses) -> Verdict:
    """It has its addresses: a cluster IP, and an ingress address for a load balancer."""
    spec = obj.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return READY
    if not spec.get("clusterIP"):
        return not_yet("no cluster IP")
    balancer = (obj.get("status") or {}).get("loadBalancer") or {}
    if spec.get("type") == "LoadBalancer" and not (balancer.get("ingress") or spec.get("externalIPs")):
        return not_yet("the load balancer has no address")
    return READY
