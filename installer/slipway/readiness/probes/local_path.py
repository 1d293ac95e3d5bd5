"""local-path works when a claim without a class gets a volume that a user can write to."""

from __future__ import annotations

import secrets
import time

from slipway.kube import Obj, ref_of
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
    """Make a claim, let a Pod write and read, and ask for the removal of both."""
    started = time.monotonic()
    wanted = claim()
    if ctx.settings.get("default_class", "true") != "true":
        wanted["spec"]["storageClassName"] = "local-path"
    made = ref_of(ctx.kube.create(wanted))
    try:
        _write(ctx, made.name)
    finally:
        # The provisioner removes the directory afterwards; nobody has to wait for that.
        ctx.kube.delete(made)
    return f"a claim was bound and written to in {time.monotonic() - started:.1f} s"


def _write(ctx: ProbeContext, name: str) -> None:
    script = SCRIPT.format(word=secrets.token_hex(8))
    body = pod(NAMESPACE, probe="local-path", claim=name, script=script, user=65532, group=65532, seconds=SECONDS)
    ref = ref_of(ctx.kube.create(body))
    try:
        follow(ctx.kube, ref, ctx.reporter, seconds=SECONDS)
    finally:
        ctx.kube.delete(ref)
