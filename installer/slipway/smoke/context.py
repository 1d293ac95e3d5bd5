"""What the steps of a run share: the cluster, the options, the report that grows, and what one step tells the next."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from slipway.diagnosis.causes import container_states
from slipway.errors import BadInput
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.kube.quantity import amount
from slipway.progress import Reporter
from slipway.smoke import names
from slipway.smoke.options import SmokeOptions
from slipway.smoke.results import SmokeReport
from slipway.waiting.objects import Judge
from slipway.waiting.pods import until_done

if TYPE_CHECKING:
    from slipway.smoke.seed import Seeding

LATE = "give it more time with smoke.step_timeout, or look at the causes above"


@dataclass
class Context:
    """``run`` names the run; ``data_directory`` is relative to the claim ``data``; ``digits`` are the held-out ones."""

    options: SmokeOptions
    kube: Client
    reporter: Reporter
    run: str
    report: SmokeReport
    data_directory: str = ""
    digits: tuple[tuple[int, bytes], ...] = ()
    seeding: Seeding | None = field(default=None, repr=False)

    @classmethod
    def create(cls, options: SmokeOptions, kube: Client, reporter: Reporter) -> Context:
        """A new run. Raises BadInput for options that contradict each other."""
        if options.parallel < 1 or options.trials < 1:
            raise BadInput("at least one trial, and one at a time", "smoke.trials, smoke.parallel")
        if not 0 < options.min_accuracy <= 1:
            raise BadInput(f"{options.min_accuracy} is not between 0 and 1", "smoke.min_accuracy")
        if options.held_out < 300:
            raise BadInput(f"{options.held_out} digits prove little: at least 300", "smoke.held_out")
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        report = SmokeReport(started=started, machine=machine(kube), kept=options.keep)
        return cls(options, kube, reporter, names.new_run(), report)

    def finish(self, obj: Obj, judge: Judge, step: str, pods: str = "") -> Obj:
        """Create an object and wait until it is done. Raises SlipwayError."""
        self.kube.apply(obj)
        return self.wait(ref_of(obj), judge, step, pods)

    def wait(self, ref: Ref, judge: Judge, step: str, pods: str = "") -> Obj:
        """Wait for an object of a step. Raises SlipwayError."""
        selector, say = pods or names.pods_of(self.run, step), partial(self.reporter.waiting, f"smoke: {ref}")
        return until_done(self.kube, ref, judge, selector, self.options.step_timeout, say, LATE)

    def log(self, step: str, *, name: str = "", tail: int = 400) -> str:
        """The log of the step's Pod (whose name starts with ``name``) that succeeded."""
        pods = self.kube.objects("v1", "Pod", self.options.project, labels=names.pods_of(self.run, step))
        for pod in pods:
            pod_name = pod["metadata"]["name"]
            if pod_name.startswith(name) and all("terminated" in s["state"] for s in container_states(pod)):
                container = pod["spec"]["containers"][0]["name"]
                return self.kube.logs(self.options.project, pod_name, container, tail=tail)
        return ""


def machine(kube: Client) -> str:
    """The nodes in a few words: "1 node, 2 CPUs, 24 GiB, Kubernetes v1.37.2"."""
    nodes = kube.objects("v1", "Node")
    if not nodes:
        raise BadInput("the cluster has no node", kube.server, "start it: slipway cluster start")
    capacities = [node["status"]["capacity"] for node in nodes]
    cpus = float(sum(amount(capacity["cpu"]) for capacity in capacities))
    memory = sum(amount(capacity["memory"]) for capacity in capacities) / 2**30
    version = nodes[0]["status"]["nodeInfo"]["kubeletVersion"]
    count = f"{len(nodes)} node{'s' if len(nodes) > 1 else ''}"
    return f"{count}, {cpus:g} CPUs, {memory:.0f} GiB, Kubernetes {version}"
