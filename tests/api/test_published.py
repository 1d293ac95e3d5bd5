"""Versions and images that no overlay here has in force: a real API server accepts their objects."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from api_objects import namespace
from slipway import paths
from slipway.kube import ApiError, Client, Obj, ref_of
from slipway.release.objects.order import DEFINITIONS, NAMESPACES, stage
from slipway.render.kustomize import build

ROOT = paths.distribution()
CASES = ("argo/3.6.12", "argo/3.7.18", "training-operator/1.9.4")


@pytest.mark.parametrize("version", CASES)
def test_the_api_server_accepts_it(version: str, client: Client, unique: str, tmp_path: Path) -> None:
    """A dry run with unknown fields refused, in a namespace of the test's own; definitions have tests of theirs."""
    base = ROOT / "manifests" / version
    above = "/".join([".."] * (len(tmp_path.resolve().parts) - 1)) + str(base)
    parts = [f"{above}/{name}" for name in ("server", "published") if (base / name).is_dir()]
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump({"resources": [above], "components": parts}))
    client.create(namespace(unique))
    refused = []
    for obj in build(tmp_path, version):
        if stage(ref_of(obj)) in (NAMESPACES, DEFINITIONS):
            continue
        if "namespace" in obj["metadata"]:
            obj["metadata"]["namespace"] = unique
        refused += refusal(client, obj)
    assert refused == []


def refusal(client: Client, obj: Obj) -> list[str]:
    """What the server says against applying an object."""
    ref = ref_of(obj)
    path = client.resource(ref.api_version, ref.kind).path(ref.namespace, ref.name)
    query = {"fieldManager": "test", "force": "true", "dryRun": "All", "fieldValidation": "Strict"}
    try:
        client.request("PATCH", path, body=obj, query=query, content_type="application/apply-patch+yaml")
    except ApiError as error:
        return [f"{ref}: {error.what}"]
    return []
