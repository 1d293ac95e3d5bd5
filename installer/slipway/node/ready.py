"""When the node is ready, as questions to the API server. Each raises NotYet with what is missing."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from slipway.errors import NotYet
from slipway.node.config import NodeConfig
from slipway.node.containers import last_lines
from slipway.progress import Reporter
from slipway.waiting import wait_for

#: What a node cannot do without; pods' names begin with these.
SYSTEM = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns")

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


def pod_condition(pod: dict[str, Any]) -> str:
    """Why a Pod is not ready; "" when it is."""
    status = pod.get("status", {})
    for condition in status.get("conditions", []):
        if condition["type"] == "Ready" and condition["status"] == "True":
            return ""
    for container in status.get("containerStatuses", []):
        waiting = container.get("state", {}).get("waiting")
        if waiting:
            return str(waiting.get("message") or waiting.get("reason"))
    return str(status.get("phase", "Pending")).lower()


def ended(pod: dict[str, Any]) -> bool:
    """Whether it is over for good: its controller makes another one, and this one stays until it is collected."""
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def heartbeat(node: dict[str, Any]) -> datetime.datetime:
    """When the kubelet last reported whether it is ready."""
    for condition in node.get("status", {}).get("conditions", []):
        if condition["type"] == "Ready":
            return datetime.datetime.fromisoformat(condition["lastHeartbeatTime"].replace("Z", "+00:00"))
    return datetime.datetime.fromtimestamp(0, datetime.UTC)


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """An API server that is starting refuses what it will allow in a moment: that is NotYet."""
    from slipway.kube import ApiError

    try:
        yield
    except ApiError as error:
        if error.status in (401, 403, 429) or error.status >= 500:
            raise NotYet(f"the API server is starting: {error.what}", "API server") from error
        raise
    except NotYet as error:
        if error.what.startswith("no answer"):
            # The client's words hold an object's address, another one at every try.
            raise NotYet("the API server does not answer yet", "API server") from error
        raise


def wait(log: str, check: Callable[[], object], config: NodeConfig, reporter: Reporter, seconds: float) -> None:
    """Wait until ``check`` no longer raises NotYet; after ``seconds`` SlipwayError with the end of the log."""
    wait_for(
        log,
        check,
        seconds=seconds,
        reporter=reporter,
        explain=lambda: last_lines(config.logs / f"{log}.log"),
    )


def await_node(
    config: NodeConfig, reporter: Reporter, *, since: datetime.datetime | None = None, seconds: float = 180
) -> None:
    """Wait for the Node, by a report later than ``since``, and for what it cannot do without."""
    api = client(config)
    wait("kubelet", lambda: check_node(api, config, since), config, reporter, seconds)
    wait("kube-system", lambda: check_system(api), config, reporter, min(seconds, 120))


def check_node(api: Client, config: NodeConfig, since: datetime.datetime | None = None) -> dict[str, Any]:
    """The Node, once it is ready, by a report later than ``since``: what it said before a crash does not count."""
    with starting():
        node = api.get("v1", "Node", config.name)
    if node is None:
        raise NotYet("the kubelet has not registered", f"node {config.name}", f"see {config.logs}/kubelet.log")
    reason = node_condition(node)
    if since and heartbeat(node) < since.replace(microsecond=0):
        reason = "the kubelet has not reported since its start"
    if reason:
        raise NotYet(reason, f"node {config.name}", f"see {config.logs}/kubelet.log")
    return node


def check_system(api: Client) -> None:
    """The control plane's pods, kube-proxy and CoreDNS: each there, each ready.

    Pods, not their controllers' counts: those lag behind after a restart of everything.
    """
    with starting():
        pods = api.objects("v1", "Pod", "kube-system")
    for program in SYSTEM:
        mine = [pod for pod in pods if pod["metadata"]["name"].startswith(program) and not ended(pod)]
        if not mine:
            raise NotYet(f"{program} is not there", "kube-system")
        for pod in mine:
            reason = pod_condition(pod)
            if reason:
                raise NotYet(f"{program}: {reason}", "kube-system", "kubectl -n kube-system describe pods")
