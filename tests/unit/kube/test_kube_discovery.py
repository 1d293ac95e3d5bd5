"""References, REST paths, and the parsing of aggregated discovery."""

from __future__ import annotations

import pytest
from slipway.kube import Ref, ref_of
from slipway.kube.discovery import Resource, resources

DOCUMENT = {
    "items": [
        {
            "metadata": {"name": ""},
            "versions": [
                {
                    "version": "v1",
                    "resources": [
                        {"resource": "pods", "responseKind": {"kind": "Pod"}, "scope": "Namespaced", "verbs": ["get"]},
                        {"resource": "nodes", "responseKind": {"kind": "Node"}, "scope": "Cluster", "verbs": ["get"]},
                    ],
                }
            ],
        },
        {
            "metadata": {"name": "apps"},
            "versions": [
                {
                    "version": "v1",
                    "resources": [
                        {"resource": "deployments", "responseKind": {"kind": "Deployment"}, "scope": "Namespaced"}
                    ],
                }
            ],
        },
    ]
}


def test_discovery() -> None:
    found = {(r.api_version, r.kind): r for r in resources(DOCUMENT)}
    assert found[("apps/v1", "Deployment")].plural == "deployments"
    assert found[("v1", "Pod")].namespaced
    assert not found[("v1", "Node")].namespaced
    assert list(resources({})) == []


@pytest.mark.parametrize(
    ("resource", "place", "name", "path"),
    [
        (Resource("v1", "Pod", "pods", True, ()), "argo", "x", "/api/v1/namespaces/argo/pods/x"),
        (Resource("v1", "Pod", "pods", True, ()), "", "", "/api/v1/pods"),
        (Resource("v1", "Node", "nodes", False, ()), "ignored", "x", "/api/v1/nodes/x"),
        (Resource("apps/v1", "Deployment", "deployments", True, ()), "a", "", "/apis/apps/v1/namespaces/a/deployments"),
    ],
)
def test_paths(resource: Resource, place: str, name: str, path: str) -> None:
    assert resource.path(place, name) == path


def test_references() -> None:
    ref = ref_of({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "argo"}})
    assert (ref.group, str(ref)) == ("apps", "Deployment argo/web")
    assert ref_of({}) == Ref("", "", "", "")
    assert Ref("v1", "Node", "", "x").group == ""
