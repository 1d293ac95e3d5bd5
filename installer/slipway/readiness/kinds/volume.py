"""A StorageClass works when a claim of it gets a volume that a user can write to."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

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
    manifest: Obj = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"generateName": "slipway-probe-", "namespace": namespace, "labels": {LABEL: probe}},
        "spec": {
            "accessModes": [mode],
            "resources": {"requests": {"storage": "1Mi"}},
        },
    }
    if storage_class:
        manifest["spec"]["storageClassName"] = storage_class
    return manifest


def run(ctx: ProbeContext, component: str, spec: Mapping[str, Any]) -> str:
    """Make a claim, let a Pod write and read as an ordinary user, remove both. Raises SlipwayError with the cause."""
    started, name = time.monotonic(), class_of(spec, ctx.settings)
    wanted = claim(spec["namespace"], component, name, spec.get("access", "ReadWriteMany"))
    ref = ref_of(ctx.kube.create(wanted))
    try:
        _run(ctx, ref, component)
    finally:
        # The provisioner removes the directory afterwards; nobody has to wait for that.
        ctx.kube.delete(ref)
    seconds = time.monotonic() - started
    return f"a claim of {name or 'the default class'} was bound and written to in {seconds:.1f} s"


def class_of(spec: Mapping[str, Any], settings: Mapping[str, str]) -> str:
    """The class that the claim names; "" for none, where a setting says that the class is the default one."""
    return "" if settings.get(spec.get("default_when", "")) == "true" else str(spec["storage_class"])


def _run(ctx: ProbeContext, claim: Ref, probe: str) -> None:
    script = SCRIPT.format(word=secrets.token_hex(8))
    body = pod(
        claim.namespace, probe=probe, claim=claim.name, script=script, user=USER, group=GROUP, seconds=SECONDS,
        image=ctx.settings.get("helper_image", IMAGE),
    )  # fmt: skip
    ref = ref_of(ctx.kube.create(body))
    try:
        follow(ctx.kube, ref, ctx.reporter, seconds=SECONDS)
    finally:
        ctx.kube.delete(ref)
