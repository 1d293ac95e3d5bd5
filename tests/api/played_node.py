"""What a node's processes and the components themselves would write into the objects of an API server without nodes."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from meanwhile import meanwhile
from slipway import paths
from slipway.catalog import load_catalog
from slipway.kube import Client, Obj, ref_of
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged
from slipway.render.labels import SELECTOR

ROOT = paths.distribution()
HOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
ADMISSION = "admissionregistration.k8s.io/v1"


def playing(client: Client, labels: str = SELECTOR) -> contextlib.AbstractContextManager[None]:
    """Plays the node's part for the objects with these labels."""
    return meanwhile(lambda: play(client, labels))


def play(client: Client, labels: str) -> None:
    for kind in ("Deployment", "StatefulSet", "DaemonSet"):
        for obj in client.objects("apps/v1", kind, labels=labels):
            if not obj.get("status", {}).get("observedGeneration"):
                client.patch(ref_of(obj), {"status": running(obj)}, subresource="status")
    for kind in HOOKS:
        for obj in client.objects(ADMISSION, kind, labels=labels):
            for hook in obj["webhooks"]:
                # Nothing answers: a webhook that refused would stop the custom resources of the test.
                hook["failurePolicy"] = "Ignore"
                hook["clientConfig"]["caBundle"] = hook["clientConfig"].get("caBundle") or "QQ=="
            client.patch(ref_of(obj), {"webhooks": obj["webhooks"]})


def running(obj: Obj) -> Obj:
    count = (obj.get("spec") or {}).get("replicas", 1)
    ready = {"replicas": count, "updatedReplicas": count, "readyReplicas": count, "availableReplicas": count}
    revision = {"currentRevision": "a", "updateRevision": "a"} if obj["kind"] == "StatefulSet" else {}
    return {"observedGeneration": obj["metadata"]["generation"], **ready, **revision}


def without_probes(overlay: str) -> dict[str, Rendered]:
    """Probes talk to the components' processes, and here there are none."""
    found = render(load_catalog(ROOT, overlay), {}, Facts("workbench", lambda: "192.0.2.10"), unchanged)
    return {
        name: replace(item, component=replace(item.component, probes=()), objects=tuple(map(harmless, item.objects)))
        for name, item in found.items()
    }


def harmless(obj: Obj) -> Obj:
    """The object; a webhook that nobody answers must not refuse, and what is installed so is no drift."""
    if obj["kind"] not in HOOKS:
        return obj
    return {**obj, "webhooks": [{**hook, "failurePolicy": "Ignore"} for hook in obj["webhooks"]]}
