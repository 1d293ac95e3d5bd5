"""Every component of the distribution: installed, left alone, removed; the kubelet's part is played by a thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from slipway import paths
from slipway.catalog import load_catalog
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.progress import Reporter
from slipway.release import inventory
from slipway.release.engine import install
from slipway.release.plan import Plan
from slipway.release.uninstall import uninstall
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged
from slipway.render.labels import SELECTOR

ROOT = paths.distribution()
HOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
ADMISSION = "admissionregistration.k8s.io/v1"


def without_probes(overlay: str) -> dict[str, Rendered]:
    """Probes talk to the components' processes, and here there are none."""
    found = render(load_catalog(ROOT, overlay), {}, Facts("workbench", lambda: "192.0.2.10"), unchanged)
    return {name: replace(item, component=replace(item.component, probes=())) for name, item in found.items()}


def play(client: Client) -> None:
    """What a node's processes and the components themselves would write into the objects."""
    for kind in ("Deployment", "StatefulSet", "DaemonSet"):
        for obj in client.objects("apps/v1", kind, labels=SELECTOR):
            if not obj.get("status", {}).get("observedGeneration"):
                client.patch(ref_of(obj), {"status": running(obj)}, subresource="status")
    for kind in HOOKS:
        for obj in client.objects(ADMISSION, kind, labels=SELECTOR):
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


@pytest.fixture
def node(client: Client) -> Iterator[None]:
    """The thread that plays the node's part."""
    stop = threading.Event()

    def loop() -> None:
        while not stop.wait(0.2):
            with contextlib.suppress(SlipwayError):
                play(client)

    thread = threading.Thread(target=loop)
    thread.start()
    yield
    stop.set()
    thread.join()


def present(client: Client, refs: set[Ref]) -> set[Ref]:
    found = set()
    for ref in refs:
        with contextlib.suppress(SlipwayError):
            if client.get(ref.api_version, ref.kind, ref.name, ref.namespace):
                found.add(ref)
    return found


@pytest.mark.usefixtures("node")
def test_installed_left_alone_and_removed(client: Client, reporter: Reporter) -> None:
    overlay = "ci"
    rendered = without_probes(overlay)
    plan = Plan(overlay, "workbench", rendered, dict.fromkeys(rendered, 60))
    done = install(plan, client, reporter)
    assert done.ok, [str(outcome.error) for outcome in done.outcomes if outcome.error]
    again = install(plan, client, reporter)
    assert not again.changed, [(outcome.component, outcome.why) for outcome in again.outcomes]
    # The server is shared: other tests' components are in its inventory, too.
    records = inventory.load_records(client)
    everything = {ref for name in rendered for ref in records[name].all}
    removal = uninstall(client, list(rendered), "workbench", reporter, timeout=60)
    left = present(client, everything)
    assert left == present(client, set(removal.kept))
    assert {ref.kind for ref in left} == {"Namespace", "PersistentVolume", "PersistentVolumeClaim"}
    # Once more, from what stayed, and with the data this time.
    assert install(plan, client, reporter).ok
    uninstall(client, list(rendered), "workbench", reporter, timeout=60, delete_data=True)
    assert present(client, everything) == set()
