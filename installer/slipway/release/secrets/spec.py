"""What a component's specification of a Secret comes to: where it lies, and its form."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.catalog import SecretSpec
from slipway.kube import Obj, Ref
from slipway.render.labels import COMPONENT, MANAGED_BY

#: Kinds that end, and are made anew before.
CERTIFIED = frozenset({"authority", "certificate"})


def in_project(namespace: str, project: str) -> str:
    """A namespace that a component.yaml names: ``workbench`` stands for the project namespace."""
    return project if namespace == "workbench" else namespace


def ref_for(spec: SecretSpec, project: str) -> Ref:
    """Which Secret a specification makes."""
    return Ref("v1", "Secret", in_project(spec.namespace, project), spec.name)


def secret_object(
    ref: Ref, component: str, kind: str, values: Mapping[str, str], annotations: Mapping[str, str]
) -> Obj:
    """A Secret of ours, of this type (``kubernetes.io/tls``)."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": ref.name,
            "namespace": ref.namespace,
            "labels": {MANAGED_BY: "slipway", COMPONENT: component},
            "annotations": dict(annotations),
        },
        "type": kind,
        "stringData": dict(values),
    }
