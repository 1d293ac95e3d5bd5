"""Every overlay's objects, as a real API server judges them: schemas, field names, references of roles."""

from __future__ import annotations

import pytest
from slipway import paths
from slipway.catalog import load_catalog, overlays
from slipway.kube import ApiError, Client, Obj, ref_of
from slipway.progress import Reporter
from slipway.release.apply import apply_one, expected_of
from slipway.release.live import Live
from slipway.release.order import DEFINITIONS, NAMESPACES, stage
from slipway.release.wait import Clock, until_ready
from slipway.render import Facts, render
from slipway.render.images import unchanged
from slipway.render.labels import SELECTOR

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
    live = Live(client, SELECTOR)
    assert until_ready(client, live, "definitions", applied, clock, reporter) == {}
    live.close()
    faults = [fault for name, obj in objects if (fault := refused(client, obj, name))]
    assert faults == []


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
