"""Probes as data: objects as changes of others, what an answer lacks, and that every kind is there and explained."""

from __future__ import annotations

import importlib
import io
from typing import Any

import pytest
from slipway import paths
from slipway.documents.validate import load_schema
from slipway.errors import SlipwayError
from slipway.progress import Reporter
from slipway.readiness.context import ProbeContext
from slipway.readiness.kinds import condition
from slipway.readiness.kinds.fields import filled, lacking, merged
from slipway.readiness.kinds.http import judged, path
from slipway.readiness.kinds.volume import class_of

DEFINITIONS: dict[str, Any] = load_schema("slipway.catalog")["$defs"]
KINDS = [name for name in DEFINITIONS["probe"]["properties"] if name != "name"]


def test_words_are_filled_in_and_other_braces_stay() -> None:
    ctx = ProbeContext(None, "ml", {}, "", "", Reporter("plain", io.StringIO()))  # type: ignore[arg-type]
    found = filled({"a": ["{project}/{random}", "${trialParameters.x} {{x}}", 3], "b": "{random}"}, ctx)
    assert found["a"][1:] == ["${trialParameters.x} {{x}}", 3]
    assert found["a"][0] == f"ml/{found['b']}" and len(found["b"]) == 16
    assert filled("{random}", ctx) != found["b"]


def test_a_change_merges_mappings_replaces_lists_and_removes() -> None:
    obj = {"kind": "A", "spec": {"one": 1, "two": {"x": 1, "y": [1, 2]}}}
    assert merged(obj, {"spec": {"one": None, "two": {"y": [3]}}}) == {"kind": "A", "spec": {"two": {"x": 1, "y": [3]}}}
    assert obj["spec"] == {"one": 1, "two": {"x": 1, "y": [1, 2]}}


@pytest.mark.parametrize(
    ("wanted", "missing"),
    [
        ({}, None),
        ({"spec": {"a": 1}}, None),
        ({"spec": {"b": [1]}}, ("spec.b", [1, 2])),
        ({"spec": {"a": {"b": 1}}}, ("spec.a.b", None)),
        ({"status": {"x": 1}}, ("status.x", None)),
    ],
)
def test_what_an_answer_lacks_is_named(wanted: dict[str, Any], missing: object) -> None:
    assert lacking({"spec": {"a": 1, "b": [1, 2]}}, wanted) == missing


def test_a_class_that_is_the_default_is_not_named() -> None:
    spec = {"storage_class": "fast", "default_when": "default_class"}
    assert class_of(spec, {"default_class": "true"}) == ""
    assert class_of(spec, {"default_class": "false"}) == class_of({"storage_class": "fast"}, {}) == "fast"


def test_requests_go_through_the_api_server() -> None:
    spec = {"namespace": "a", "service": "b", "port": 1, "path": "/c?d"}
    assert path(spec) == "/api/v1/namespaces/a/services/http:b:1/proxy/c?d"
    assert "/https:b:1/" in path({**spec, "scheme": "https"})


@pytest.mark.parametrize(
    ("spec", "status", "text", "wrong"),
    [
        ({}, 200, "well", ""),
        ({"contains": "el"}, 200, "well", ""),
        ({"contains": "ill"}, 200, "well", "the answer to /x lacks 'ill': well"),
        ({"status": 401}, 401, "who", ""),
        ({"status": 401}, 200, "well", "HTTP 200, not 401, for /x"),
        ({}, 404, "what", "HTTP 404, not 200, for /x"),
    ],
)
def test_an_answer_is_judged(spec: dict[str, Any], status: int, text: str, wrong: str) -> None:
    said = {"says": "it answers", "path": "/x", "remedy": "mend it", **spec}
    if not wrong:
        assert judged(said, status, text, "here") == "it answers"
        return
    with pytest.raises(SlipwayError) as caught:
        judged(said, status, text, "here")
    assert (caught.value.what, caught.value.remedy) == (wrong, "mend it")


@pytest.mark.parametrize(
    ("status", "path", "done", "failed"),
    [
        ({}, "", False, ""),
        ({"conditions": [{"type": "Ready", "status": "False"}]}, "", False, ""),
        ({"conditions": [{"type": "Ready", "status": "True"}]}, "", True, ""),
        ({"conditions": [{"type": "Lost", "status": "True", "message": "at sea"}]}, "", False, "is Lost: at sea"),
        (
            {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Lost", "status": "True"}]},
            "",
            False,
            "is Lost: no message",
        ),
        ({"phase": "Ready"}, "status.phase", True, ""),
        ({"phase": "Lost", "message": "at sea"}, "status.phase", False, "is Lost: at sea"),
        ({"phase": "Running"}, "status.phase", False, ""),
    ],
)
def test_a_state_is_judged(status: dict[str, Any], path: str, done: bool, failed: str) -> None:
    spec = {"reached": ["Ready"], "failed": ["Lost"], "path": path}
    seen = condition.judged(spec, {"status": status})
    assert (seen.done, seen.failed) == (done, failed)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_the_schema_is_there_and_all_its_keys_are_documented(kind: str) -> None:
    assert callable(importlib.import_module(f"slipway.readiness.kinds.{kind}").run)
    text = (paths.distribution() / "docs" / "probes.md").read_text()
    part = text.split(f"\n## {kind}\n")[1].split("\n## ")[0]
    keys = set(DEFINITIONS["probe"]["properties"][kind]["properties"])
    keys |= set(DEFINITIONS[f"{kind}_step"]["properties"]) if f"{kind}_step" in DEFINITIONS else set()
    assert [key for key in sorted(keys) if f"`{key}`" not in part] == []
