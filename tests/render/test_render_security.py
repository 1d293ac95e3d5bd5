"""Pod Security: every namespace of every overlay enforces a profile, and the weaker ones have a reason."""

from __future__ import annotations

from typing import Any

from slipway.kube import Obj

ENFORCE = "pod-security.kubernetes.io/enforce"
#: namespace → the profile that is weaker than restricted, and why.
WEAKER = {
    "workbench": ("baseline", "users' steps and trials say nothing of security, and run as root"),
    "nfs-provisioner": ("baseline", "removes what any user wrote"),
    "local-path": ("privileged", "helper pods mount a directory of the node"),
    "network-policies": ("privileged", "it writes the node's packet filter"),
    "nfs-server": ("privileged", "an NFS server names files by handles"),
}


def namespaces(rendered: Any, overlay: str, project: str = "workbench") -> list[Obj]:
    items = rendered.overlay(overlay, project).values()
    return [obj for item in items for obj in item.objects if obj["kind"] == "Namespace"]


def test_every_namespace_enforces_a_profile(rendered: Any, overlay: str) -> None:
    found = namespaces(rendered, overlay)
    assert found
    for obj in found:
        name, labels = obj["metadata"]["name"], obj["metadata"]["labels"]
        weaker = WEAKER.get(name, ("restricted", ""))[0]
        assert labels.get(ENFORCE) == weaker, f"{overlay}: namespace {name}"


def test_the_project_is_held_by_the_policies_whatever_its_name(rendered: Any, overlay: str) -> None:
    project = next(obj for obj in namespaces(rendered, overlay, "lab") if obj["metadata"]["name"] == "lab")
    assert project["metadata"]["labels"]["slipway.dev/project"] == "true"
    assert project["metadata"]["labels"][ENFORCE] == "baseline"
    objects = rendered.overlay(overlay, "lab")["storage"].objects
    bound = {obj["spec"]["policyName"] for obj in objects if obj["kind"] == "ValidatingAdmissionPolicyBinding"}
    policies = {obj["metadata"]["name"] for obj in objects if obj["kind"] == "ValidatingAdmissionPolicy"}
    kinds = ("gateway", "ingresses", "mappings", "models", "networks", "pods", "services")
    assert bound == policies == {f"{kind}.project.slipway.dev" for kind in kinds}
