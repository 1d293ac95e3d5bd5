"""The pods' network, set up on every node."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from slipway.doctor.cluster import nodes
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, many, ok, warn
from slipway.kube import Obj

RECENT = datetime.timedelta(minutes=10)
REMEDY = "does the CNI's pod run on that node (kubectl get pods -A -o wide), and is there a file in its /etc/cni/net.d?"


def run(ctx: Context) -> list[Finding]:
    """Nodes, and events of sandboxes that could not be made."""
    events = ctx.kube.objects("v1", "Event", fields="reason=FailedCreatePodSandBox")
    return judge(ctx.kube.objects("v1", "Node"), events, datetime.datetime.now(datetime.UTC))


def judge(all_nodes: Iterable[Obj], events: Iterable[Obj], now: datetime.datetime) -> list[Finding]:
    """A node says that it has no network, or sandboxes on it fail."""
    wrong: list[Finding] = []
    names = []
    for node in all_nodes:
        name, network, ready = (
            nodes.name(node),
            nodes.condition(node, "NetworkUnavailable"),
            nodes.condition(node, "Ready"),
        )
        names.append(name)
        message = str(ready.get("message", ""))
        if network.get("status") == "True":
            wrong.append(fail(f"node {name}: no network: {network.get('message') or network.get('reason')}", REMEDY))
        elif ready.get("status") != "True" and ("cni" in message.lower() or "network" in message.lower()):
            wrong.append(fail(f"node {name}: no CNI: {message}", REMEDY))
        elif ready.get("status") != "True":
            wrong.append(
                fail(
                    f"node {name} is not Ready: {message or 'its kubelet says nothing'}",
                    f"kubectl describe node {name}",
                )
            )
    latest: dict[str, Obj] = {}
    for event in events:
        if now - when(event) < RECENT:
            latest[str((event.get("source") or {}).get("host") or event.get("reportingInstance") or "a node")] = event
    for name, event in sorted(latest.items()):
        text = str(event.get("message", "")).splitlines()[0][:300]
        wrong.append(warn(f"{name}: pods' sandboxes failed within 10 minutes: {text}", REMEDY))
    if not names:
        return [fail("the cluster has no nodes", "join one, or wait for the node pool")]
    return wrong or [ok(f"the network is set up on {many(len(names), 'node')}, no sandbox failed within 10 minutes")]


def when(event: Obj) -> datetime.datetime:
    """When it was last seen."""
    text = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]
    return datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
