"""A changed ConfigMap rolls the pods that read it, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from slipway.kube.objects import Obj
from slipway.render.configroll import ANNOTATION, roll

CONFIG: Obj = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "a"},
    "data": {"k": "1"},
}


def deployment(spec: dict[str, Any], namespace: str = "a") -> Obj:
    meta = {"name": "d", "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {"template": {"spec": spec}}}


def annotation(objects: list[Obj]) -> str | None:
    found = next(obj for obj in roll(objects) if obj["kind"] == "Deployment")
    value = found["spec"]["template"].get("metadata", {}).get("annotations", {}).get(ANNOTATION)
    return None if value is None else str(value)


READERS: list[dict[str, Any]] = [
    {"containers": [], "volumes": [{"name": "v", "configMap": {"name": "settings"}}]},
    {"containers": [], "volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "settings"}}]}}]},
    {"containers": [{"name": "c", "envFrom": [{"configMapRef": {"name": "settings"}}]}]},
    {"containers": [], "initContainers": [{"name": "c", "envFrom": [{"configMapRef": {"name": "settings"}}]}]},
    {"containers": [{"env": [{"name": "K", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "k"}}}]}]},
]


@pytest.mark.parametrize("spec", READERS)
def test_every_way_to_read_counts(spec: dict[str, Any]) -> None:
    before = annotation([CONFIG, deployment(spec)])
    after = annotation([{**CONFIG, "data": {"k": "2"}}, deployment(spec)])
    assert before
    assert after
    assert before != after
    assert before == annotation([deployment(spec), CONFIG])


def test_others_are_left_alone() -> None:
    assert annotation([CONFIG, deployment({"containers": []})]) is None
    assert annotation([CONFIG, deployment(READERS[0], namespace="b")]) is None


def test_the_input_is_not_changed() -> None:
    given = deployment(READERS[0])
    roll([CONFIG, given])
    assert "metadata" not in given["spec"]["template"]
