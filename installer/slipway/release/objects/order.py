"""In which order the objects of one component are applied, and in which they are deleted."""

from __future__ import annotations

from collections.abc import Iterable

from slipway.kube import Obj, Ref, ref_of

NAMESPACES, DEFINITIONS, ACCOUNTS, PARTS, WORKLOADS, HOOKS, CUSTOM = range(7)

_WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"}
_HOOKS = {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService"}
#: API groups of Kubernetes itself that have no dot and "k8s.io" in their names.
_OWN_GROUPS = {"", "apps", "batch", "autoscaling", "policy", "extensions"}


def stage(ref: Ref) -> int:
    """When an object is applied; all of one stage go in parallel.

    Webhook configurations come after their backends, so that these are not held up by their own webhook, and custom
    resources last, so that they are seen by the webhooks. ServiceAccounts come before Secrets: the cluster deletes the
    token of an account that it does not know.
    """
    if ref.kind == "Namespace":
        return NAMESPACES
    if ref.kind == "CustomResourceDefinition":
        return DEFINITIONS
    if ref.kind == "ServiceAccount":
        return ACCOUNTS
    if ref.kind in _WORKLOADS:
        return WORKLOADS
    if ref.kind in _HOOKS:
        return HOOKS
    if is_custom(ref):
        return CUSTOM
    return PARTS


def is_custom(ref: Ref) -> bool:
    """Whether the kind comes from a CRD."""
    return ref.group not in _OWN_GROUPS and not ref.group.endswith(".k8s.io")


def stages(objects: Iterable[Obj]) -> list[list[Obj]]:
    """The objects by stage, without the empty ones."""
    by_stage: dict[int, list[Obj]] = {}
    for obj in objects:
        by_stage.setdefault(stage(ref_of(obj)), []).append(obj)
    return [by_stage[key] for key in sorted(by_stage)]


#: Deletion: custom resources while their controllers run, then hooks (they would block), the workloads, the parts.
_DELETION = {CUSTOM: 0, HOOKS: 1, WORKLOADS: 2, PARTS: 3, ACCOUNTS: 4, DEFINITIONS: 5, NAMESPACES: 6}


def deletion_stages(refs: Iterable[Ref]) -> list[list[Ref]]:
    """The objects in the order in which they are deleted."""
    by_stage: dict[int, list[Ref]] = {}
    for ref in sorted(refs):
        by_stage.setdefault(_DELETION[stage(ref)], []).append(ref)
    return [by_stage[key] for key in sorted(by_stage)]
