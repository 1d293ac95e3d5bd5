"""When the node is ready, as questions to the API server. Each raises NotYet with what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.errors import NotYet
from slipway.node.config import NodeConfig

if TYPE_CHECKING:
    from slipway.kube import Client


def client(config: NodeConfig) -> Client:
    """A client with the administrator's kubeconfig."""
    from slipway.kube import Client

    return Client.from_kubeconfig(config.kubeconfig)


def node_condition(node: dict[str, Any]) -> str:
    """Why a Node is not ready; "" when it is."""
    for condition in node.get("status", {}).get("conditions", []):
        if condition["type"] == "Ready":
            return "" if condition["status"] == "True" else str(condition.get("message") or condition.get("reason"))
    return "the kubelet has not reported yet"


def workload_condition(workload: dict[str, Any]) -> str:
    """Why a DaemonSet or Deployment is not there in full; "" when it is."""
    status = workload.get("status", {})
    if status.get("observedGeneration", 0) < workload["metadata"].get("generation", 1):
        return "not looked at yet"
    if workload["kind"] == "DaemonSet":
        wanted, there = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
        wanted = wanted or 1
    else:
        wanted, there = workload["spec"].get("replicas", 1), status.get("readyReplicas", 0)
    return "" if there >= wanted else f"{there} of {wanted} ready"


def check_node(api: Client, config: NodeConfig) -> dict[str, Any]:
    """The Node, once it is ready."""
    node = api.get("v1", "Node", config.name)
    if node is None:
        raise NotYet("the kubelet has not registered", f"node {config.name}", f"see {config.logs}/kubelet.log")
    reason = node_condition(node)
    if reason:
        raise NotYet(reason, f"node {config.name}", f"see {config.logs}/kubelet.log")
    return node


def check_addons(api: Client) -> None:
    """kube-proxy and CoreDNS."""
    for kind, name in (("DaemonSet", "kube-proxy"), ("Deployment", "coredns")):
        found = api.get("apps/v1", kind, name, "kube-system")
        reason = workload_condition(found) if found else "not there"
        if reason:
            raise NotYet(f"{name}: {reason}", "kube-system", "kubectl -n kube-system describe pods")
