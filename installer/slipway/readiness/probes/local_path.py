"""local-path works when a claim without a class gets a volume that a user can write to, and the volume goes again."""

from __future__ import annotations

import secrets
import time

from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.readiness.context import ProbeContext
from slipway.readiness.probes.volumepod import LABEL, follow, pod

NAMESPACE = "local-path-storage"
#: A helper pod makes the directory, then the Pod starts; a busy machine takes its time for both.
SECONDS = 90

SCRIPT = """
printf %s {word} >/volume/word
test "$(cat /volume/word)" = {word}
"""


def claim() -> Obj:
    """The claim, of the default class."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"generateName": "slipway-probe-", "namespace": NAMESPACE, "labels": {LABEL: "local-path"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }


def probe_claim(ctx: ProbeContext) -> str:
    """Make a claim, let a Pod write and read, remove both, and see the volume removed."""
    started = time.monotonic()
    wanted = claim()
    if ctx.settings.get("default_class", "true") != "true":
        wanted["spec"]["storageClassName"] = "local-path"
    made = ref_of(ctx.kube.create(wanted))
    volume = ""
    try:
        _write(ctx, made.name)
        found = ctx.kube.get("v1", "PersistentVolumeClaim", made.name, NAMESPACE) or {}
        volume = found.get("spec", {}).get("volumeName", "")
    finally:
        ctx.kube.delete(made)
    _gone(ctx.kube, Ref("v1", "PersistentVolume", "", volume))
    return f"a claim was bound, written to and removed in {time.monotonic() - started:.1f} s"


def _write(ctx: ProbeContext, name: str) -> None:
    script = SCRIPT.format(word=secrets.token_hex(8))
    body = pod(NAMESPACE, probe="local-path", claim=name, script=script, user=65532, group=65532, seconds=SECONDS)
    ref = ref_of(ctx.kube.create(body))
    try:
        follow(ctx.kube, ref, ctx.reporter, seconds=SECONDS)
    finally:
        ctx.kube.delete(ref)


def _gone(kube: Client, ref: Ref) -> None:
    end = time.monotonic() + SECONDS
    while kube.get(ref.api_version, ref.kind, ref.name):
        if time.monotonic() > end:
            raise SlipwayError(
                "the volume of a deleted claim is still there",
                str(ref),
                f"kubectl -n {NAMESPACE} logs deploy/local-path-provisioner",
            )
        time.sleep(0.2)
