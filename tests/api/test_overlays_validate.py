"""Every overlay's objects, as a real API server judges them: schemas, field names, references of roles."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from slipway import paths
from slipway.catalog import load_catalog, overlays
from slipway.kube import ApiError, Client, Obj, ref_of
from slipway.progress import Reporter
from slipway.release.applying.apply import apply_one
from slipway.release.objects.order import DEFINITIONS, NAMESPACES, stage
from slipway.release.refusals.classify import expected_of
from slipway.release.waiting.ready import until_ready
from slipway.release.waiting.watch_cache import WatchCache
from slipway.render import Facts, render
from slipway.render.images import unchanged
from slipway.render.labels import SELECTOR
from slipway.waiting import Clock

ROOT = paths.distribution()


@pytest.mark.parametrize("overlay", overlays(ROOT))
def test_the_api_server_accepts_every_object(overlay: str, client: Client, reporter: Reporter) -> None:
    """Namespaces and CRDs are made; the rest is a dry run with strict field validation."""
    facts = Facts("workbench", lambda: "192.0.2.10")
    rendered = render(load_catalog(ROOT, overlay), {}, facts, unchanged)
    objects = [(name, obj) for name, item in rendered.items() for obj in item.objects]
    expected, clock = expected_of(obj for _, obj in objects), Clock(60)
    first = [(name, obj) for name, obj in objects if stage(ref_of(obj)) in (NAMESPACES, DEFINITIONS)]
    applied = dict(apply_one(client, obj, name, expected, clock, reporter) for name, obj in first)
    live = WatchCache(client, SELECTOR)
    assert until_ready(client, live, "definitions", applied, clock, reporter) == {}
    live.close()
    pods = [(name, pod) for name, obj in objects if (pod := pod_of(obj))]
    with ThreadPoolExecutor(8) as pool:
        faults = [*pool.map(lambda item: refused(client, item[1], item[0]), [*objects, *pods])]
    assert [fault for fault in faults if fault] == []


def pod_of(obj: Obj) -> Obj | None:
    """A pod as a workload's controller would make it: namespaces judge pods by their security labels, not workloads."""
    spec = obj.get("spec") or {}
    if obj["kind"] not in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
        return None
    template = spec["template"]
    meta = {"name": f"{obj['kind'].lower()}-{obj['metadata']['name']}", "namespace": obj["metadata"]["namespace"]}
    labels = (template.get("metadata") or {}).get("labels") or {}
    restart = {"restartPolicy": "Always"} if obj["kind"] != "Job" else {}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {**meta, "labels": labels}}
    # Its priority class is an object of the overlay, and not made here.
    kept = {key: value for key, value in template["spec"].items() if key != "priorityClassName"}
    return {**pod, "spec": {**kept, **restart}}


def refused(client: Client, obj: Obj, component: str) -> str:
    """What the API server says against an object, unknown fields included; "" when it takes it."""
    ref = ref_of(obj)
    path = client.resource(ref.api_version, ref.kind).path(ref.namespace, ref.name)
    query = {"fieldManager": "test", "force": "true", "dryRun": "All", "fieldValidation": "Strict"}
    try:
        client.request("PATCH", path, body=obj, query=query, content_type="application/apply-patch+yaml")
    except ApiError as error:
        return f"{component}: {ref}: {error.what}"
    return ""


def test_the_dry_run_refuses_what_is_wrong(client: Client) -> None:
    """The test above can fail."""
    meta = {"name": "x", "namespace": "default"}
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [{"prot": 1, "port": 80}]}}
    assert "prot" in refused(client, wrong, "x")


def test_the_dry_run_refuses_pods_that_their_namespace_forbids(client: Client, unique: str) -> None:
    """And that with the security labels, too."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": unique, "labels": labels}})
    meta = {"name": "a", "namespace": unique, "labels": {"app": "a"}}
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
    spec = {"selector": {"matchLabels": {"app": "a"}}, "template": template}
    workload = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}
    pod = pod_of(workload)
    assert refused(client, workload, "x") == ""
    assert pod is not None and "violates PodSecurity" in refused(client, pod, "x")
