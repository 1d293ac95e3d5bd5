"""A StorageClass works when a claim of it gets a volume that a user can write to."""

from __future__ import annotations

import secrets
import time

from slipway.kube import Obj, Ref, ref_of
from slipway.readiness.context import ProbeContext
from slipway.readiness.probes.volumepod import IMAGE, LABEL, follow, pod

#: A directory is made and mounted, and a node may pull the Pod's image first.
SECONDS = 120
USER, GROUP = 1000, 100

SCRIPT = """
printf %s {word} >/volume/word
test "$(cat /volume/word)" = {word}
"""


def claim(namespace: str, probe: str, storage_class: str, mode: str) -> Obj:
    """A claim of the class ("": the cluster's default one), for a probe."""
    made: Obj = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"generateName": "slipway-probe-", "namespace": namespace, "labels": {LABEL: probe}},
        "spec": {
            "accessModes": [mode],
            "resources": {"requests": {"storage": "1Mi"}},
        },
    }
    if storage_class:
        made["spec"]["storageClassName"] = storage_class
    return made


def write(ctx: ProbeContext, namespace: str, probe: str, storage_class: str, mode: str = "ReadWriteMany") -> str:
    """Make a claim, let a Pod write and read as an ordinary user, remove both. Raises SlipwayError with the cause."""
    started = time.monotonic()
    made = ref_of(ctx.kube.create(claim(namespace, probe, storage_class, mode)))
    try:
        _run(ctx, made, probe)
    finally:
        # The provisioner removes the directory afterwards; nobody has to wait for that.
        ctx.kube.delete(made)
    seconds = time.monotonic() - started
    return f"a claim of {storage_class or 'the default class'} was bound and written to in {seconds:.1f} s"


def _run(ctx: ProbeContext, made: Ref, probe: str) -> None:
    script = SCRIPT.format(word=secrets.token_hex(8))
    body = pod(
        made.namespace, probe=probe, claim=made.name, script=script, user=USER, group=GROUP, seconds=SECONDS,
        image=ctx.settings.get("helper_image", IMAGE),
    )  # fmt: skip
    ref = ref_of(ctx.kube.create(body))
    try:
        follow(ctx.kube, ref, ctx.reporter, seconds=SECONDS)
    finally:
        ctx.kube.delete(ref)
