"""NetworkPolicies: every pod of the platform is held by one, and none opens metrics or nodes to everybody."""

from __future__ import annotations

from typing import Any

import pytest
from slipway.kube import Obj
from slipway.render import Rendered

#: Ports that tell or change how a component works: for namespaces with the label of monitoring, or for nobody.
CLOSED = {8877, 9090, 5001, 8001, 8080, 8081, 9443, 3306, 5432}
#: (workload, port) that everybody may ask all the same.
OPEN = {
    ("gateway", 8080): "the front door",
    ("training-operator", 9443): "webhooks: the API server's address is not known",
}
#: Components whose pods are in the nodes' network, where policies do not hold.
HOST_NETWORK = {"csi-driver-nfs", "network-policies"}
#: Link-local and the ports of nodes: NFS, etcd, Kubernetes's own.
NODE_PORTS = (111, 2049, 2379, 2380, 2381, 10248, 10249, 10250, 10255, 10256, 10257, 10259, 20048)


def policies(component: Rendered) -> list[Obj]:
    return [obj for obj in component.objects if obj["kind"] == "NetworkPolicy"]


def selects(selector: Any, labels: dict[str, str]) -> bool:
    wanted = (selector.get("matchLabels") or {}).items()
    if not wanted <= labels.items():
        return False
    for rule in selector.get("matchExpressions") or []:
        inside = labels.get(rule["key"]) in rule["values"]
        if inside != (rule["operator"] == "In"):
            return False
    return True


def test_every_workload_has_a_policy(component: Rendered) -> None:
    for obj in component.objects:
        if obj["kind"] not in ("Deployment", "StatefulSet", "DaemonSet") or component.component.name in HOST_NETWORK:
            continue
        place, labels = obj["metadata"]["namespace"], obj["spec"]["template"]["metadata"]["labels"]
        own = [
            p
            for p in policies(component)
            if p["metadata"]["namespace"] == place and selects(p["spec"]["podSelector"], labels)
        ]
        types = {kind for policy in own for kind in policy["spec"]["policyTypes"]}
        assert types == {"Ingress", "Egress"}, f"{component.component.name}: {obj['metadata']['name']}"


def test_no_port_but_the_front_doors_is_open_to_everybody(component: Rendered) -> None:
    for policy in policies(component):
        for rule in policy["spec"].get("ingress") or []:
            for port in rule.get("ports") or []:
                name = policy["metadata"]["name"]
                assert rule.get("from") or port["port"] not in CLOSED or (name, port["port"]) in OPEN, name


def test_no_policy_lets_out_to_a_nodes_ports(component: Rendered) -> None:
    """What is allowed to every address: never link-local ones, and no port on which a node listens."""
    for policy in policies(component):
        for rule in policy["spec"].get("egress") or []:
            blocks = [peer["ipBlock"] for peer in rule.get("to") or [] if "ipBlock" in peer]
            if rule.get("to") and not blocks:
                continue
            name = policy["metadata"]["name"]
            assert rule.get("ports"), f"{name}: every port of every address"
            for port in rule["ports"]:
                closed = [one for one in NODE_PORTS if port["port"] <= one <= port.get("endPort", port["port"])]
                assert not closed, f"{name}: {closed}"
            for block in blocks:
                assert block.get("except"), f"{name}: {block}"


@pytest.mark.parametrize("project", ["workbench", "lab"])
def test_the_projects_policies_are_in_the_project(rendered: Any, overlay: str, project: str) -> None:
    found = policies(rendered.overlay(overlay, project)["storage"])
    assert {policy["metadata"]["name"] for policy in found} == {"project", "notebooks", "project-outwards"}
    assert {policy["metadata"]["namespace"] for policy in found} == {project}


def test_a_users_server_is_for_the_hub_alone(rendered: Any, overlay: str) -> None:
    found = policies(rendered.overlay(overlay)["storage"])
    notebook = {"app.kubernetes.io/managed-by": "kubespawner"}
    (ingress,) = (
        policy["spec"]["ingress"]
        for policy in found
        if "Ingress" in policy["spec"]["policyTypes"] and selects(policy["spec"]["podSelector"], notebook)
    )
    hub = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "jupyterhub"}}}
    assert ingress == [{"from": [hub], "ports": [{"port": 8888}]}]
