"""A changed ConfigMap changes the templates that read it, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from slipway.render.rolling import ANNOTATION, with_config_hashes


def config(name: str, value: str, place: str = "argo") -> dict[str, Any]:
    meta = {"name": name, "namespace": place}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": value}}


def workload(spec: dict[str, Any], kind: str = "Deployment") -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "x", "namespace": "argo"}, "spec": {"template": {"spec": spec}}}


def container(**parts: Any) -> dict[str, Any]:
    return {"containers": [{"name": "main", **parts}]}


READERS = [
    {"volumes": [{"configMap": {"name": "c"}}]},
    {"volumes": [{"projected": {"sources": [{"configMap": {"name": "c"}}]}}]},
    container(env=[{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "a"}}}]),
    container(envFrom=[{"configMapRef": {"name": "c"}}]),
    {"initContainers": container(envFrom=[{"configMapRef": {"name": "c"}}])["containers"]},
]


def hashed(obj: dict[str, Any], *maps: dict[str, Any]) -> str | None:
    found = with_config_hashes([obj, *maps])[0]["spec"]["template"]
    annotations: dict[str, str] = (found.get("metadata") or {}).get("annotations") or {}
    return annotations.get(ANNOTATION)


@pytest.mark.parametrize("spec", READERS)
def test_what_is_read_is_hashed(spec: dict[str, Any]) -> None:
    one, two = hashed(workload(spec), config("c", "1")), hashed(workload(spec), config("c", "2"))
    assert one
    assert two
    assert one != two
    assert one == hashed(workload(spec), config("c", "1"), config("other", "5"))


def test_what_is_not_read_or_not_ours_does_not_matter() -> None:
    assert hashed(workload(container()), config("c", "1")) is None
    assert hashed(workload(READERS[0]), config("c", "1", "elsewhere")) is None
    assert hashed(workload(READERS[0], "Job"), config("c", "1")) is None


def test_annotations_of_the_manifest_stay() -> None:
    obj = workload(READERS[0])
    obj["spec"]["template"]["metadata"] = {"annotations": {"a": "b"}}
    found = with_config_hashes([obj, config("c", "1")])[0]
    assert found["spec"]["template"]["metadata"]["annotations"]["a"] == "b"
    assert obj["spec"]["template"]["metadata"]["annotations"] == {"a": "b"}
