"""Volumes work when an ordinary user's pod writes to a real claim of every kind that the plan uses."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from slipway.doctor.cluster import pods
from slipway.doctor.cluster.classes import claims_of, is_default
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, ok, skip
from slipway.kube import Obj, Ref, ref_of

WRITE = """
for place in /volumes/*; do
  file=$place/.slipway-doctor-{word}
  echo {word} >"$file" || {{ echo "claim ${{place##*/}}: user $(id -u) cannot write"; exit 1; }}
  test "$(cat "$file")" = {word} || {{ echo "claim ${{place##*/}}: reads other than written"; exit 1; }}
  rm "$file"
done
"""


def run(ctx: Context) -> list[Finding]:
    """A new claim per class and access mode, and the plan's own claims of volumes without a class."""
    classes = ctx.kube.objects("storage.k8s.io/v1", "StorageClass")
    wanted = kinds(list(ctx.objects), classes)
    findings = [dynamic(ctx, name, mode) for name, mode in sorted(wanted)]
    findings += static(ctx)
    return findings or [skip("the plan has no claims whose StorageClass or volume is there yet")]


def kinds(plan: Iterable[Obj], classes: Iterable[Obj]) -> set[tuple[str, str]]:
    """(StorageClass, access mode) of the plan's claims, of classes that exist; the default for claims without."""
    present = {obj["metadata"]["name"]: obj for obj in classes}
    default = next((name for name, obj in sorted(present.items()) if is_default(obj)), "")
    asked = {(default if name is None else name, mode) for _, mode, name in claims_of(plan)}
    return {(name, mode) for name, mode in asked if name in present}


def body(space: str, storage_class: str, mode: str) -> Obj:
    """A small claim."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"generateName": "slipway-doctor-", "namespace": space},
        "spec": {
            "accessModes": [mode],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": "1Mi"}},
        },
    }


def dynamic(ctx: Context, storage_class: str, mode: str) -> Finding:
    """A claim of the class, written to by a pod; both are removed."""
    what = f"{storage_class} ({mode})"
    claim = ref_of(ctx.kube.create(body(ctx.space, storage_class, mode)))
    try:
        done = write(ctx, claim.namespace, [claim.name])
        if done.good:
            return ok(f"{what}: user {ctx.user} wrote to a new claim")
        why = unbound(ctx, claim) or done.why
        return fail(
            f"{what}: {why}", done.remedy or f"kubectl describe storageclass {storage_class}; does its provisioner run?"
        )
    finally:
        ctx.kube.delete(claim)


def static(ctx: Context) -> list[Finding]:
    """The plan's claims with class "" that are there and bound, all in one pod per namespace."""
    wanted = {
        (ref.namespace, ref.name)
        for obj in ctx.objects
        for ref in [ref_of(obj)]
        if ref.kind == "PersistentVolumeClaim" and (obj.get("spec") or {}).get("storageClassName") == ""
    }
    present: dict[str, list[str]] = {}
    for place, name in sorted(wanted):
        claim = ctx.kube.get("v1", "PersistentVolumeClaim", name, place)
        if claim and (claim.get("status") or {}).get("phase") == "Bound":
            present.setdefault(place, []).append(name)
    findings = []
    for place, names in present.items():
        done, listed = write(ctx, place, names), ", ".join(names)
        if done.good:
            findings.append(ok(f"{place}: user {ctx.user} wrote to {listed}"))
        else:
            remedy = done.remedy or f"the directory has to belong to user {ctx.user} or group {ctx.group}"
            findings.append(fail(f"{place} ({listed}): {done.why}", remedy))
    return findings


def write(ctx: Context, namespace: str, claims: list[str]) -> pods.Outcome:
    """A pod that writes to, reads from and cleans each of the claims."""
    script = WRITE.format(word=secrets.token_hex(8))
    return pods.run(ctx, pods.pod(ctx, script, namespace=namespace, claims=claims))


def unbound(ctx: Context, claim: Ref) -> str:
    """What the cluster says about a claim that got no volume; "" for one that did."""
    live = ctx.kube.get("v1", "PersistentVolumeClaim", claim.name, claim.namespace) or {}
    if (live.get("status") or {}).get("phase") == "Bound":
        return ""
    events = ctx.kube.objects("v1", "Event", claim.namespace, fields=f"involvedObject.name={claim.name}")
    messages = [str(event.get("message", "")).strip() for event in events]
    return f"the claim was not bound: {messages[-1] if messages else 'and nobody says why'}"
