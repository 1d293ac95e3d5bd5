"""A probe that fails though all is ready is not alone: what the gateway says of Mappings, and logs, stand beside it."""

from __future__ import annotations

import time
from pathlib import Path

import yaml
from api_objects import deployment, namespace
from slipway import paths
from slipway.diagnosis.explain import evidence
from slipway.errors import SlipwayError
from slipway.kube import Client, NotServed, Obj, ref_of

CRDS = Path(paths.distribution() / "manifests" / "gateway" / "3.10.0" / "crds" / "mappings.yaml")


def mapping(client: Client, place: str, name: str, status: Obj) -> Obj:
    obj: Obj = {
        "apiVersion": "getambassador.io/v3alpha1",
        "kind": "Mapping",
        "metadata": {"name": name, "namespace": place},
        "spec": {"hostname": "*", "prefix": f"/{place}/{name}/", "service": "web"},
    }
    end = time.monotonic() + 30
    while True:
        try:
            client.apply(obj)
            break
        except (NotServed, SlipwayError):
            assert time.monotonic() < end, "the CRD is not served"
            time.sleep(0.2)
    client.patch(ref_of(obj), {"status": status}, subresource="status")
    return obj


def test_mappings_that_are_not_served_are_told(client: Client, unique: str) -> None:
    for document in yaml.safe_load_all(CRDS.read_text()):
        client.apply(document)
    client.apply(namespace(unique))
    good = mapping(client, unique, "good", {"state": "Running"})
    bad = mapping(client, unique, "bad", {"state": "Inactive", "reason": "Envoy refuses it"})
    (line,) = evidence(client, [ref_of(good), ref_of(bad)])
    assert f"{unique}/bad" in line
    assert line.endswith("Inactive: Envoy refuses it")


def test_the_last_lines_of_its_pods_are_told(client: Client, unique: str) -> None:
    client.apply(namespace(unique))
    workload = client.apply(deployment(unique, "web"))
    template = workload["spec"]["template"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": unique, "labels": template["metadata"]["labels"]},
        "spec": template["spec"],
    }
    client.apply(pod)
    told = evidence(client, [ref_of(workload)])
    # No kubelet runs here: there are no lines.
    assert told == (f"Pod {unique}/web-1, container main, its last lines:", "    (nothing)")
