"""StorageClasses: one default, and those that the plan names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, ok, warn
from slipway.kube import Obj

DEFAULT = "storageclass.kubernetes.io/is-default-class"


def run(ctx: Context) -> list[Finding]:
    """The cluster's classes and the plan's claims."""
    return judge(ctx.kube.objects("storage.k8s.io/v1", "StorageClass"), list(ctx.objects))


def judge(present: Iterable[Obj], plan: Iterable[Obj]) -> list[Finding]:
    """Classes that are there or that the plan brings, against the claims of the plan."""
    plan = list(plan)
    classes = {obj["metadata"]["name"]: obj for obj in present}
    classes |= {obj["metadata"]["name"]: obj for obj in plan if obj.get("kind") == "StorageClass"}
    defaults = sorted(name for name, obj in classes.items() if is_default(obj))
    findings = []
    claims = list(claims_of(plan))
    unnamed = sorted(name for name, _, asked in claims if asked is None)
    if not defaults and unnamed:
        findings.append(fail(f"no default StorageClass, and {', '.join(unnamed)} name none", _mark()))
    elif not defaults:
        findings.append(warn("no default StorageClass: claims of users that name none stay Pending", _mark()))
    elif len(defaults) > 1:
        findings.append(
            warn(f"{len(defaults)} default StorageClasses: {', '.join(defaults)}; the newest is taken", _mark("false"))
        )
    for asked in sorted({asked for _, _, asked in claims if asked} - set(classes)):
        users = ", ".join(sorted(name for name, _, other in claims if other == asked))
        there = ", ".join(sorted(classes)) or "none"
        findings.append(
            fail(
                f"StorageClass {asked}, which {users} name, is not there",
                f"make it, or set storage_class; there are: {there}",
            )
        )
    return findings or [ok(f"default {defaults[0]}; the plan's claims name classes that are there or made by it")]


def is_default(obj: Obj) -> bool:
    """Whether the class is marked as the default."""
    return str(((obj.get("metadata") or {}).get("annotations") or {}).get(DEFAULT)) == "true"


def claims_of(plan: Iterable[Obj]) -> Iterator[tuple[str, str, str | None]]:
    """(claim, access mode, StorageClass) of every claim; None names none, "" wants a volume that exists."""
    for obj in plan:
        name, spec = (obj.get("metadata") or {}).get("name", ""), obj.get("spec") or {}
        if obj.get("kind") == "PersistentVolumeClaim":
            yield f"claim {name}", mode(spec), spec.get("storageClassName")
        for template in spec.get("volumeClaimTemplates") or [] if obj.get("kind") == "StatefulSet" else []:
            yield f"StatefulSet {name}", mode(template["spec"]), template["spec"].get("storageClassName")


def mode(spec: Obj) -> str:
    """The first access mode of a claim."""
    return str((spec.get("accessModes") or ["ReadWriteOnce"])[0])


def _mark(value: str = "true") -> str:
    return f"kubectl annotate storageclass NAME {DEFAULT}={value} --overwrite"
