"""Image references and labels."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from slipway.render.images import rewrite, unchanged, used
from slipway.render.labels import label


def digest(image: str) -> str:
    return f"slipway.local/{image}:abc"


def test_references_are_rewritten_anywhere_in_strings() -> None:
    value = {
        "image": "slipway.local/argo:0.1.0",
        "args": ["--executor-image=slipway.local/argo:0.1.0", "--other=slipway.local/argo:0.1.0-rc1"],
        "config": "a: slipway.local/hub:0.1.0\nb: example.com/slipway.local/x:0.1.0\n",
        "number": 5,
        "slipway.local/argo:0.1.0": None,
    }
    assert rewrite(value, digest) == {
        "image": "slipway.local/argo:abc",
        "args": ["--executor-image=slipway.local/argo:abc", "--other=slipway.local/argo:0.1.0-rc1"],
        "config": "a: slipway.local/hub:abc\nb: example.com/slipway.local/x:abc\n",
        "number": 5,
        "slipway.local/argo:0.1.0": None,
    }
    assert used(value) == {"argo", "hub", "x"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(json_values)
def test_what_has_no_reference_stays(value: Any) -> None:
    assert rewrite(value, unchanged) == value


def test_labels_are_added_to_objects_and_pod_templates() -> None:
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {}}
    obj = {"kind": "Deployment", "metadata": {"name": "x", "labels": {"a": "b"}}, "spec": {"template": template}}
    labelled = label(obj, "argo")
    assert labelled["metadata"]["labels"] == {
        "a": "b",
        "app.kubernetes.io/managed-by": "slipway",
        "app.kubernetes.io/part-of": "slipway",
        "slipway.dev/component": "argo",
    }
    assert labelled["spec"]["template"]["metadata"]["labels"] == {"app": "x", "slipway.dev/component": "argo"}
    assert template["metadata"] == {"labels": {"app": "x"}}


def test_namespaces_belong_to_no_single_component() -> None:
    obj = {"kind": "Namespace", "metadata": {"name": "kubeflow"}}
    assert label(obj, "katib") == label(obj, "training-operator")
