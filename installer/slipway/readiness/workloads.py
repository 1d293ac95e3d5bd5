"""Deployments, StatefulSets, DaemonSets, Jobs and Pods. Source: kubectl's rollout status, API conventions."""

from __future__ import annotations

from slipway.kube.objects import Obj
from slipway.readiness.verdict import READY, StorageClasses, Verdict, condition, failed, is_true, not_yet, observed


def deployment(obj: Obj, _: StorageClasses) -> Verdict:
    """All replicas are of the newest template, available, and no old one is left."""
    status, wanted = obj.get("status") or {}, _replicas(obj)
    if not observed(obj):
        return not_yet("the controller has not seen it yet")
    updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
    available = status.get("availableReplicas", 0)
    if updated < wanted:
        return not_yet(f"{updated} of {wanted} pods are of the new template{_held_up(obj)}")
    if total > updated:
        return not_yet(f"{total - updated} old pods are ending{_held_up(obj)}")
    if available < wanted:
        return not_yet(f"{available} of {wanted} pods are available{_held_up(obj)}")
    return READY


def _held_up(obj: Obj) -> str:
    """What the conditions say. They stand until the next try succeeds: whether it is final, they cannot say."""
    refused, progressing = condition(obj, "ReplicaFailure"), condition(obj, "Progressing")
    if refused.get("status") == "True":
        return f"; one was refused: {str(refused.get('message', '')).rpartition(' is forbidden: ')[2]}"
    if progressing.get("reason") == "ProgressDeadlineExceeded" and progressing.get("status") == "False":
        return f"; no progress: {progressing.get('message', '')}"
    return ""


def stateful_set(obj: Obj, _: StorageClasses) -> Verdict:
    """All replicas are ready and, unless updates are manual, of the newest revision."""
    status, spec, wanted = obj.get("status") or {}, obj.get("spec") or {}, _replicas(obj)
    if not observed(obj):
        return not_yet("the controller has not seen it yet")
    strategy = spec.get("updateStrategy") or {}
    if status.get("readyReplicas", 0) < wanted:
        return not_yet(f"{status.get('readyReplicas', 0)} of {wanted} pods are ready")
    if strategy.get("type", "RollingUpdate") == "RollingUpdate":
        partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
        due = max(0, wanted - partition)
        if status.get("updatedReplicas", 0) < due:
            return not_yet(f"{status.get('updatedReplicas', 0)} of {due} pods are of the new revision")
        if partition == 0 and wanted and status.get("currentRevision") != status.get("updateRevision"):
            return not_yet("the new revision is being rolled out")
    return READY


def daemon_set(obj: Obj, _: StorageClasses) -> Verdict:
    """A pod of the newest template is available on every node that should have one."""
    status, spec = obj.get("status") or {}, obj.get("spec") or {}
    if not observed(obj):
        return not_yet("the controller has not seen it yet")
    wanted = status.get("desiredNumberScheduled", 0)
    manual = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
    if not manual and status.get("updatedNumberScheduled", 0) < wanted:
        return not_yet(f"{status.get('updatedNumberScheduled', 0)} of {wanted} pods are of the new template")
    if status.get("numberAvailable", 0) < wanted:
        return not_yet(f"{status.get('numberAvailable', 0)} of {wanted} pods are available")
    return READY


def job(obj: Obj, _: StorageClasses) -> Verdict:
    """It is complete; one that failed stays so."""
    if is_true(obj, "Complete"):
        return READY
    if is_true(obj, "Failed"):
        entry = condition(obj, "Failed")
        return failed(f"{entry.get('reason', 'Failed')}: {entry.get('message', '')}")
    if is_true(obj, "Suspended") or (obj.get("spec") or {}).get("suspend"):
        return READY
    status = obj.get("status") or {}
    return not_yet(f"{status.get('succeeded', 0)} pods succeeded, {status.get('active', 0)} run")


def pod(obj: Obj, _: StorageClasses) -> Verdict:
    """It is Ready or has succeeded."""
    status = obj.get("status") or {}
    phase = status.get("phase", "Pending")
    if phase == "Succeeded" or (phase == "Running" and is_true(obj, "Ready")):
        return READY
    if phase == "Failed":
        return failed(status.get("message") or status.get("reason") or "the pod failed")
    return not_yet(f"phase {phase}")


def _replicas(obj: Obj) -> int:
    wanted = (obj.get("spec") or {}).get("replicas")
    return 1 if wanted is None else int(wanted)
