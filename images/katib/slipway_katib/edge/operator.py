"""The watches, by kopf. Handlers only say which key an event is about; the queue does the rest."""

from __future__ import annotations

from typing import Any

import kopf
from slipway_controller.api import Api
from slipway_controller.operator import QueueOperator
from slipway_controller.queue import Key, WorkQueue

from slipway_katib.edge.collect import exit_code
from slipway_katib.edge.work import Work
from slipway_katib.names import API_VERSION, GROUP, LABEL_EXPERIMENT, controller_of

JOB_LABELS = ("batch.kubernetes.io/job-name", "training.kubeflow.org/job-name")


class Operator(QueueOperator):
    """Handlers and queue of one process; ``trials`` are those that are there, with their primary containers."""

    def __init__(self) -> None:
        self.trials: dict[tuple[str, str], str] = {}
        api = Api("slipway-katib")
        self.work = Work(api)
        super().__init__(api, WorkQueue(self.work, most=60.0))

    async def experiment_event(self, body: Any, **_: Any) -> None:
        """An Experiment or a Suggestion: they share a name."""
        self.queue.add(Key("Experiment", body["metadata"]["namespace"], body["metadata"]["name"]))

    async def trial_event(self, body: Any, type: Any, **_: Any) -> None:  # kopf names the argument
        """A Trial concerns itself and its Experiment."""
        meta = body["metadata"]
        place = (meta["namespace"], meta["name"])
        if type == "DELETED":
            self.trials.pop(place, None)
        else:
            self.trials[place] = ((body.get("spec") or {}).get("primaryContainerName")) or ""
        self.queue.add(Key("Trial", *place))
        if experiment := (meta.get("labels") or {}).get(LABEL_EXPERIMENT):
            self.queue.add(Key("Experiment", meta["namespace"], experiment))

    async def job_event(self, body: Any, **_: Any) -> None:
        """A job concerns the Trial that it is named after."""
        self.queue.add(Key("Trial", body["metadata"]["namespace"], body["metadata"]["name"]))

    async def pod_event(self, body: Any, **_: Any) -> None:
        """The primary pod of a Trial has ended: its log is read at once, for it may be deleted with the job."""
        meta = body["metadata"]
        labels = meta.get("labels") or {}
        for label in JOB_LABELS:
            place = (meta["namespace"], labels.get(label, ""))
            if place in self.trials and exit_code(dict(body), self.trials[place]) == 0:
                self.work.hints.add(place)
                self.queue.add(Key("Trial", *place))

    def registry(self) -> kopf.OperatorRegistry:
        """kopf's handlers."""
        registry = super().registry()
        group, version = API_VERSION.split("/")
        kopf.on.event(group, version, "experiments", registry=registry)(self.experiment_event)
        kopf.on.event(group, version, "suggestions", registry=registry)(self.experiment_event)
        kopf.on.event(group, version, "trials", registry=registry)(self.trial_event)
        kopf.on.event("batch", "v1", "jobs", registry=registry, when=of_a_trial)(self.job_event)
        for plural in ("tfjobs", "pytorchjobs"):
            kopf.on.event(GROUP, "v1", plural, registry=registry, when=of_a_trial)(self.job_event)
        for label in JOB_LABELS:
            kopf.on.event("", "v1", "pods", registry=registry, labels={label: kopf.PRESENT})(self.pod_event)
        return registry


def of_a_trial(body: Any, **_: Any) -> bool:
    """True for a job that a Trial controls."""
    owner = controller_of(dict(body)) or {}
    return owner.get("kind") == "Trial" and owner.get("apiVersion") == API_VERSION
