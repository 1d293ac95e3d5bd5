"""Nodes' disks, memory and processes: what the kubelets complain about, and how much is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from slipway.doctor.cluster import nodes
from slipway.doctor.cluster.context import Context
from slipway.doctor.cluster.say import fail, many, ok, warn
from slipway.doctor.model import Finding
from slipway.errors import SlipwayError
from slipway.kube import Obj

PRESSURES = {
    "DiskPressure": "free space on it: the kubelet deletes images and evicts pods",
    "MemoryPressure": "the kubelet evicts pods: fewer pods, or a larger node",
    "PIDPressure": "too many processes: fewer pods, or a higher limit",
}
#: Shares of a file system; the kubelet evicts pods below 0.10 (nodefs) and 0.15 (imagefs) unless told otherwise.
LOW, TIGHT = 0.10, 0.20
GIB = 1024**3


def run(ctx: Context) -> list[Finding]:
    """Conditions of every node, and its summary where we may read it."""
    found = ctx.kube.objects("v1", "Node")
    summaries = {}
    for node in filter(nodes.ready, found):
        name = nodes.name(node)
        try:
            summaries[name] = ctx.kube.request("GET", f"/api/v1/nodes/{name}/proxy/stats/summary", timeout=15)
        except SlipwayError:
            # Not allowed, or no kubelet answers: the conditions have to do.
            continue
    return judge(found, {name: spaces(summary) for name, summary in summaries.items()})


def spaces(summary: Obj) -> dict[str, tuple[float, float]]:
    """File system → (free, capacity) in bytes. Source: the kubelet's /stats/summary (stats/v1alpha1)."""
    node = summary.get("node") or {}
    systems = {"disk": node.get("fs") or {}, "image disk": (node.get("runtime") or {}).get("imageFs") or {}}
    return {
        name: (float(each["availableBytes"]), float(each["capacityBytes"]))
        for name, each in systems.items()
        if each.get("capacityBytes") and "availableBytes" in each
    }


def judge(found: Iterable[Obj], free: Mapping[str, Mapping[str, tuple[float, float]]]) -> list[Finding]:
    """``free``: node → file system → (free, capacity)."""
    wrong, count = [], 0
    for node in found:
        count += 1
        for kind, remedy in PRESSURES.items():
            state = nodes.condition(node, kind)
            if state.get("status") == "True":
                wrong.append(
                    fail(f"node {nodes.name(node)} has {kind}: {state.get('message', '')}".rstrip(": "), remedy)
                )
    for name, systems in sorted(free.items()):
        for system, (left, all_of_it) in systems.items():
            says = f"node {name}: {left / GIB:.1f} of {all_of_it / GIB:.1f} GiB of its {system} are free"
            if left < LOW * all_of_it:
                wrong.append(fail(says, PRESSURES["DiskPressure"]))
            elif left < TIGHT * all_of_it:
                wrong.append(warn(says, PRESSURES["DiskPressure"]))
    least = min((left for each in free.values() for left, _ in each.values()), default=None)
    space = "free space could not be read" if least is None else f"at least {least / GIB:.1f} GiB are free on each"
    return wrong or [ok(f"{many(count, 'node')} without pressure; {space}")]
