"""The one table kind → predicate. Kinds that are not in it are ready when they exist."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.kube.objects import Obj
from slipway.readiness import cluster, workloads
from slipway.readiness.verdict import READY, Predicate, StorageClasses, Verdict, not_yet

#: (API group, kind) → predicate.
PREDICATES: Mapping[tuple[str, str], Predicate] = {
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("batch", "Job"): workloads.job,
    ("", "Pod"): workloads.pod,
    ("", "PersistentVolumeClaim"): cluster.claim,
    ("", "PersistentVolume"): cluster.volume,
    ("", "Service"): cluster.service,
    ("", "Namespace"): cluster.namespace,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): cluster.crd,
    ("apiregistration.k8s.io", "APIService"): cluster.api_service,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): cluster.webhook_configuration,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): cluster.webhook_configuration,
}


def watched(api_version: str, kind: str) -> bool:
    """Whether existing is not enough for this kind."""
    return (api_version.rpartition("/")[0], kind) in PREDICATES


def ready(obj: Obj | None, around: StorageClasses) -> Verdict:
    """Whether an object is ready; None stands for one that is not there."""
    if obj is None:
        return not_yet("does not exist")
    if (obj.get("metadata") or {}).get("deletionTimestamp"):
        return not_yet("is being deleted")
    predicate = PREDICATES.get((str(obj.get("apiVersion", "")).rpartition("/")[0], str(obj.get("kind", ""))))
    return predicate(obj, around) if predicate else READY
