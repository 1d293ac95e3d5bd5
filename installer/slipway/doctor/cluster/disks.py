"""Nodes' disks, memory and processes: what the kubelets complain about, and how much is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from slipway.doctor.cluster import nodes
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, many, ok, warn
from slipway.errors import SlipwayError
from slipway.kube import Obj
from slipway.kube.quantity import amount

PRESSURES = {
    "DiskPressure": "free space on it: the kubelet deletes images and evicts pods",
    "MemoryPressure": "the kubelet evicts pods: fewer pods, or a larger node",
    "PIDPressure": "too many processes: fewer pods, or a higher limit",
}
#: File system → the kubelet's signal, and below what it evicts pods unless its configuration says otherwise.
SIGNALS = {"disk": ("nodefs.available", "10%"), "image disk": ("imagefs.available", "15%")}
#: A warning below so many times what the kubelet evicts at.
TIGHT = 2
GIB = 1024**3
#: (free, capacity, below what pods are evicted), in bytes.
Space = tuple[float, float, float]


def run(ctx: Context) -> list[Finding]:
    """Conditions of every node, and its summary where we may read it."""
    all_nodes = ctx.kube.objects("v1", "Node")
    free = {}
    for node in filter(nodes.ready, all_nodes):
        name = nodes.name(node)
        try:
            summary = ctx.kube.request("GET", f"/api/v1/nodes/{name}/proxy/stats/summary", timeout=15)
            config = ctx.kube.request("GET", f"/api/v1/nodes/{name}/proxy/configz", timeout=15)
            free[name] = spaces(summary, config)
        except SlipwayError:
            # Not allowed, or no kubelet answers: the conditions have to do.
            continue
    return judge(all_nodes, free)


def spaces(summary: Obj, config: Obj) -> dict[str, Space]:
    """File system → its space. Source: the kubelet's /stats/summary (stats/v1alpha1) and /configz (config/v1beta1)."""
    node = summary.get("node") or {}
    systems = {"disk": node.get("fs") or {}, "image disk": (node.get("runtime") or {}).get("imageFs") or {}}
    evicts = (config.get("kubeletconfig") or {}).get("evictionHard") or {}
    by_node = {}
    for name, each in systems.items():
        if each.get("capacityBytes") and "availableBytes" in each:
            signal, usual = SIGNALS[name]
            capacity = float(each["capacityBytes"])
            by_node[name] = (float(each["availableBytes"]), capacity, _limit(evicts.get(signal, usual), capacity))
    return by_node


def _limit(threshold: str, capacity: float) -> float:
    """A share or a quantity, in bytes."""
    return capacity * float(threshold.rstrip("%")) / 100 if threshold.endswith("%") else float(amount(threshold))


def judge(all_nodes: Iterable[Obj], free: Mapping[str, Mapping[str, Space]]) -> list[Finding]:
    """``free``: node → file system → its space."""
    wrong, count = [], 0
    for node in all_nodes:
        count += 1
        for kind, remedy in PRESSURES.items():
            state = nodes.condition(node, kind)
            if state.get("status") == "True":
                wrong.append(
                    fail(f"node {nodes.name(node)} has {kind}: {state.get('message', '')}".rstrip(": "), remedy)
                )
    for name, systems in sorted(free.items()):
        for system, (left, all_of_it, limit) in systems.items():
            says = f"node {name}: {left / GIB:.1f} of {all_of_it / GIB:.1f} GiB of its {system} are free"
            says += f", pods are evicted below {limit / GIB:.1f}"
            if left < limit:
                wrong.append(fail(says, PRESSURES["DiskPressure"]))
            elif left < TIGHT * limit:
                wrong.append(warn(says, PRESSURES["DiskPressure"]))
    least = min((left for each in free.values() for left, _, _ in each.values()), default=None)
    space = "free space could not be read" if least is None else f"at least {least / GIB:.1f} GiB are free on each"
    return wrong or [ok(f"{many(count, 'node')} without pressure; {space}")]
