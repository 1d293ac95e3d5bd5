"""Every place in which an object can name an image, and the places that only look like it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from image_cases import DIGEST, FOUND, KATIB, NOTHING, SERVERS, config, pod
from slipway.images import scan
from slipway.images.placement import placement
from slipway.images.reference import parse

MIRROR = "mirror.example.com/ml"


@pytest.mark.parametrize("case", FOUND)
def test_found(case: str) -> None:
    obj, expected = FOUND[case]
    assert sorted(text for text, _ in scan.references(obj)) == sorted(expected)


@pytest.mark.parametrize("case", FOUND)
def test_what_is_found_is_rewritten_and_then_left_alone(case: str) -> None:
    obj, expected = FOUND[case]
    before = json.dumps(obj)
    moved = placement(MIRROR, {})(obj)
    assert json.dumps(obj) == before
    names = sorted(text for text, _ in scan.references(moved))
    assert len(names) == len(expected)
    assert all(name.startswith(f"{MIRROR}/") for name in names), names
    assert placement(MIRROR, {})(moved) == moved
    places = [path for _, path in scan.references(obj)]
    assert [path for _, path in scan.references(moved)] == places


@pytest.mark.parametrize("case", FOUND)
def test_what_is_found_is_pinned_everywhere(case: str) -> None:
    obj, expected = FOUND[case]
    known = [parse(text) for text in expected]
    locked = {f"{r.name}:{r.tag or 'latest'}": DIGEST for r in known if r}
    pinned = [parse(text) for text, _ in scan.references(placement("", locked)(obj))]
    assert all(reference is not None and reference.digest == DIGEST for reference in pinned), pinned
    assert {(r.name, r.tag) for r in pinned if r} == {(r.name, r.tag) for r in known if r}


@pytest.mark.parametrize("case", NOTHING)
def test_what_is_no_image(case: str) -> None:
    assert scan.references(NOTHING[case]) == []
    assert placement(MIRROR, {})(NOTHING[case]) == NOTHING[case]


def test_paths_say_where() -> None:
    paths = {text: scan.dotted(path) for text, path in scan.references(FOUND["katib-config"][0])}
    name = "ghcr.io/kubeflow/katib/file-metrics-collector:v0.19.0"
    assert paths[name] == "data.katib-config.yaml > runtime.metricsCollectors[0].image"
    obj, _ = FOUND["pod template of a CronJob"]
    assert [scan.dotted(path) for _, path in scan.references(obj)] == [
        "spec.jobTemplate.spec.template.spec.containers[0].image"
    ]


def test_comments_and_layout_of_embedded_text_stay() -> None:
    moved = placement(MIRROR, {})(config(**{"katib-config.yaml": KATIB}))
    expected = KATIB.replace("image: ghcr", f"image: {MIRROR}/ghcr").replace('"ghcr', f'"{MIRROR}/ghcr')
    assert moved["data"]["katib-config.yaml"] == expected


def test_seldon_config_keeps_its_two_fields() -> None:
    moved = placement(MIRROR, {"docker.io/seldonio/sklearnserver:1.17.1": DIGEST})(config(p=json.dumps(SERVERS)))
    servers = json.loads(moved["data"]["p"])
    assert servers["SKLEARN_SERVER"]["protocols"]["seldon"] == {
        "image": f"{MIRROR}/docker.io/seldonio/sklearnserver",
        "defaultImageVersion": f"1.17.1@{DIGEST}",
    }
    assert servers["SKLEARN_SERVER"]["protocols"]["v2"]["defaultImageVersion"] == "1.3.5-sklearn"


def test_images_of_the_platforms_own_registry_stay() -> None:
    obj = pod({"name": "m", "image": "registry.registry.svc.cluster.local:5000/mnist:1"})
    assert placement(MIRROR, {})(obj) == obj


def test_without_mirror_and_lock_nothing_is_touched() -> None:
    obj = pod({"name": "a", "image": "mysql:8"})
    assert placement("", {})(obj) is obj


def wrapped(reference: str, how: int) -> Any:
    """The reference, hidden in one of many ways."""
    ways: list[Any] = [
        {"image": reference},
        {"args": [f"--some-image={reference}"]},
        {"env": [{"name": "THE_IMAGE", "value": reference}]},
        json.dumps({"image": reference}),
        yaml.safe_dump({"list": [{"image": reference}, 1], "x": "y"}),
        f"#!/bin/sh\nrun {reference}\n",
        ["--helper-image", reference],
    ]
    return ways[how % len(ways)]


references = st.from_regex(
    r"[a-z]{1,6}\.(io|com)(:[0-9]{2,5})?/[a-z]{1,5}(/[a-z0-9]{1,5})?:v?[0-9]{1,3}(\.[0-9])?", fullmatch=True
)
hidden = st.lists(st.tuples(references, st.integers(0, 6)), min_size=1, max_size=6)


@given(hidden, st.integers(0, 3))
def test_nothing_hides(parts: list[tuple[str, int]], depth: int) -> None:
    value: Any = [wrapped(reference, how) for reference, how in parts]
    for level in range(depth):
        value = {"more": [json.dumps({"x": value}) + "\n"] if level % 2 else value}
    obj = {"kind": "Thing", "spec": value}
    assert sorted(text for text, _ in scan.references(obj)) == sorted(reference for reference, _ in parts)
    moved = [text for text, _ in scan.references(placement(MIRROR, {})(obj))]
    assert all(text.startswith(f"{MIRROR}/") for text in moved)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.just("image"), inner, max_size=3)
    ),
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_any_value_can_be_visited(obj: dict[str, Any]) -> None:
    """Whatever stands in an object: the visit ends, and changes nothing by itself."""
    assert scan.visit(obj, lambda text, _: text) == obj
