"""Mappings in annotations of Services."""

from __future__ import annotations

from typing import Any

import pytest
from slipway_gateway.annotated import ANNOTATION, read
from slipway_gateway.model import Source
from slipway_gateway.objects import declared, service_object


def service(text: str) -> Any:
    return {"metadata": {"namespace": "team", "name": "web", "annotations": {ANNOTATION: text}}, "spec": {"ports": []}}


FLAT = """
---
apiVersion: {version}
kind: Mapping
name: m
prefix: /a/
service: web:8000
timeout_ms: 3000
"""


@pytest.mark.parametrize(
    "version",
    ["ambassador/v1", "ambassador/v2", "getambassador.io/v1", "getambassador.io/v2", "getambassador.io/v3alpha1"],
)
def test_flat_documents(version: str) -> None:
    (document,), refused = read(service(FLAT.format(version=version)))
    assert not refused
    assert document.source == Source("Service", "team", "web", 1)
    assert (document.name, document.namespace) == ("m", "team")
    assert document.spec == {"prefix": "/a/", "service": "web:8000", "timeout_ms": 3000}


def test_nested_documents_and_another_namespace() -> None:
    text = """
apiVersion: getambassador.io/v3alpha1
kind: Mapping
metadata: {name: m, namespace: other}
spec: {prefix: /a/, service: web}
"""
    (document,), _ = read(service(text))
    assert (document.namespace, document.spec) == ("other", {"prefix": "/a/", "service": "web"})


def test_several_documents_one_of_them_bad() -> None:
    text = FLAT.format(version="ambassador/v1") + "---\nkind: nonsense\n" + FLAT.format(version="ambassador/v2")
    documents, refused = read(service(text))
    assert [document.source.document for document in documents] == [1, 3]
    assert list(refused) == [Source("Service", "team", "web", 2)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "is not YAML"),
        ("- a", "an object is expected"),
        ("just words", "an object is expected"),
        ("apiVersion: ambassador/v0\nkind: Mapping\nname: m", "apiVersion 'ambassador/v0' is not one of"),
        ("apiVersion: ambassador/v1\nkind: AuthService\nname: m", "kind 'AuthService' is not supported"),
        ("apiVersion: ambassador/v1\nkind: Mapping", "name: is required"),
        ("apiVersion: ambassador/v1\nkind: Mapping\nmetadata: {name: m}", "spec: an object is expected"),
        ("apiVersion: ambassador/v1\nkind: Mapping\nname: m\nnamespace: 7", "namespace: a string is expected"),
        ("!!python/object/apply:os.system [id]", "is not YAML"),
    ],
)
def test_the_reason_of_a_bad_document(text: str, reason: str) -> None:
    documents, refused = read(service(text))
    assert documents == []
    assert reason in refused[Source("Service", "team", "web", 1)]


def test_a_few_lines_that_would_be_endless_are_refused() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join(['*' + old] * 10)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
    documents, refused = read(service("\n".join(lines)))
    assert documents == []
    assert "more than" in refused[Source("Service", "team", "web", 1)]


@pytest.mark.parametrize("annotations", [None, {}, {"other": "x"}, {ANNOTATION: ""}, {ANNOTATION: "---\n---\n"}])
def test_services_without_mappings(annotations: Any) -> None:
    assert read({"metadata": {"namespace": "team", "name": "web", "annotations": annotations}}) == ([], {})


@pytest.mark.parametrize(
    ("given", "mine"),
    [(None, True), ("default", True), (["other", "default"], True), ([], True), ("other", False), (["other"], False)],
)
def test_mappings_of_another_gateway_are_left_to_it(given: Any, mine: bool) -> None:
    spec = {"prefix": "/a/", "service": "web", "ambassador_id": given}
    obj = {"metadata": {"namespace": "team", "name": "m"}, "spec": spec}
    assert (declared("Mapping", obj) is not None) == mine
    text = FLAT.format(version="ambassador/v1") + f"ambassador_id: {given if given is not None else 'default'}\n"
    assert bool(service_object(service(text)).documents) == mine


@pytest.mark.parametrize("spec", [None, "text", [], 7])
def test_an_object_with_a_strange_spec_is_read_nevertheless(spec: Any) -> None:
    found = declared("Mapping", {"metadata": {"namespace": "team", "name": "m"}, "spec": spec})
    assert found is not None
    assert found.document.spec == {}
