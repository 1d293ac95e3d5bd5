"""Whether the plan's requests fit on the nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slipway.doctor.cluster import nodes
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, many, ok, warn
from slipway.kube import Obj
from slipway.kube.quantity import amount
from slipway.render.labels import COMPONENT

GIB = 1024**3
REMEDY = "set smaller requests or fewer components in slipway.yaml, or add a node"


@dataclass(frozen=True)
class Amount:
    """Processors in cores, memory in bytes, pods."""

    cpu: float = 0.0
    memory: float = 0.0
    pods: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.cpu + other.cpu, self.memory + other.memory, self.pods + other.pods)

    def times(self, count: int) -> Amount:
        """So many of it."""
        return Amount(self.cpu * count, self.memory * count, self.pods * count)

    def without(self, other: Amount) -> Amount:
        """What is left, at least nothing."""
        left = Amount(self.cpu - other.cpu, self.memory - other.memory, self.pods - other.pods)
        return Amount(max(left.cpu, 0.0), max(left.memory, 0.0), max(left.pods, 0))

    def over(self, room: Amount) -> list[str]:
        """What of it does not fit into the room."""
        sentences = []
        if self.cpu > room.cpu + 1e-6:
            sentences.append(f"{self.cpu:.2f} CPUs are requested and {room.cpu:.2f} are free")
        if self.memory > room.memory:
            sentences.append(
                f"{self.memory / GIB:.2f} GiB of memory are requested and {room.memory / GIB:.2f} are free"
            )
        if self.pods > room.pods:
            sentences.append(f"{self.pods} pods are wanted and there is room for {room.pods}")
        return sentences


def run(ctx: Context) -> list[Finding]:
    """Nodes, their pods, the plan."""
    usable = [node for node in ctx.kube.objects("v1", "Node") if nodes.takes_pods(node)]
    used = used_by_others(
        ctx.kube.objects("v1", "Pod", fields="status.phase!=Succeeded,status.phase!=Failed"), set(ctx.rendered)
    )
    return judge(free(usable, used), wanted(ctx.objects, len(usable)))


def of_pod(spec: Obj) -> Amount:
    """What the scheduler counts: all containers together, or the largest init container."""
    total = Amount(pods=1)
    for container in spec.get("containers") or []:
        total += _requests(container)
    first = [_requests(each) for each in spec.get("initContainers") or []]
    return Amount(
        max([total.cpu, *(each.cpu for each in first)]), max([total.memory, *(each.memory for each in first)]), 1
    )


def _number(quantity: object) -> float:
    return float(amount(str(quantity)))


def _requests(container: Obj) -> Amount:
    resources = container.get("resources") or {}
    # A limit without a request is a request, too.
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return Amount(_number(asked.get("cpu", 0)), _number(asked.get("memory", 0)))


def wanted(plan: Iterable[Obj], count: int) -> dict[str, tuple[Amount, int]]:
    """Workload → (one pod's requests, how many) on ``count`` nodes."""
    amounts = {}
    for obj in plan:
        spec = obj.get("spec") or {}
        if obj.get("kind") in ("Deployment", "StatefulSet", "DaemonSet"):
            number = count if obj["kind"] == "DaemonSet" else int(spec.get("replicas", 1))
            name = f"{obj['kind']} {obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"
            amounts[name] = (of_pod(spec["template"]["spec"]), number)
    return amounts


def used_by_others(pods: Iterable[Obj], components: set[str]) -> dict[str, Amount]:
    """Node → what pods take that are not of the plan's components."""
    amounts: dict[str, Amount] = {}
    for pod in pods:
        node = (pod.get("spec") or {}).get("nodeName", "")
        if node and (pod["metadata"].get("labels") or {}).get(COMPONENT) not in components:
            amounts[node] = amounts.get(node, Amount()) + of_pod(pod["spec"])
    return amounts


def free(all_nodes: Iterable[Obj], used: Mapping[str, Amount]) -> dict[str, Amount]:
    """Node → what it has for the plan."""
    rooms = {}
    for node in all_nodes:
        has = (node.get("status") or {}).get("allocatable") or {}
        total = Amount(_number(has.get("cpu", 0)), _number(has.get("memory", 0)), int(_number(has.get("pods", 110))))
        rooms[nodes.name(node)] = total.without(used.get(nodes.name(node), Amount()))
    return rooms


def judge(rooms: Mapping[str, Amount], pods: Mapping[str, tuple[Amount, int]]) -> list[Finding]:
    """All of it fits into all nodes, and each pod into some node."""
    if not rooms:
        return [fail("no node is ready and takes pods", "kubectl describe nodes: conditions and taints")]
    total, room = Amount(), Amount()
    for one, number in pods.values():
        total += one.times(number)
    for each in rooms.values():
        room += each
    findings = [fail(f"{text} on {many(len(rooms), 'node')}", REMEDY) for text in total.over(room)]
    for name, (each_pod, number) in sorted(pods.items()):
        if number and not findings and all(each_pod.over(each) for each in rooms.values()):
            largest = max(rooms.values(), key=lambda each: (each.memory, each.cpu))
            findings.append(fail(f"no node has room for {name}: {'; '.join(each_pod.over(largest))} at most", REMEDY))
    says = (
        f"{total.cpu:.2f} of {room.cpu:.2f} free CPUs, {total.memory / GIB:.2f} of {room.memory / GIB:.2f} GiB, "
        f"{total.pods} of {room.pods} pods"
    )
    if not findings and (total.cpu > room.cpu * 0.9 or total.memory > room.memory * 0.9):
        return [warn(f"tight: {says}", REMEDY)]
    return findings or [ok(says)]
