"""The watches, by kopf. Handlers only say which key an event is about; the queue does the rest.

Only kopf's event handlers are used: they leave no finalizer and no annotation on anybody's objects. Kinds whose CRD
does not exist are left alone until it does.
"""

from __future__ import annotations

from typing import Any

import kopf

from slipway_katib.edge.api import Account, Api
from slipway_katib.edge.collect import exit_code
from slipway_katib.edge.queue import WorkQueue
from slipway_katib.edge.work import Key, Work
from slipway_katib.names import API_VERSION, GROUP, LABEL_EXPERIMENT, controller_of

JOB_LABELS = ("batch.kubernetes.io/job-name", "training.kubeflow.org/job-name")


class Operator:
    """What lives as long as the process."""

    def __init__(self) -> None:
        self.account = Account()
        self.trials: dict[tuple[str, str], str] = {}
        self.api: Api
        self.work: Work
        self.queue: WorkQueue[Key]

    async def start(self) -> None:
        """Connections and workers, in kopf's loop."""
        self.api = Api(self.account)
        self.work = Work(self.api)
        self.queue = WorkQueue(self.work)
        self.queue.start()

    async def stop(self) -> None:
        """The reverse of start."""
        await self.queue.stop()
        await self.api.close()

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

    def register(self) -> None:
        """Tell kopf what to watch and how to log in."""
        kopf.on.login()(self._login)
        kopf.on.startup()(self._startup)
        kopf.on.cleanup()(self._cleanup)
        group, version = API_VERSION.split("/")
        kopf.on.event(group, version, "experiments")(self.experiment_event)
        kopf.on.event(group, version, "suggestions")(self.experiment_event)
        kopf.on.event(group, version, "trials")(self.trial_event)
        kopf.on.event("batch", "v1", "jobs", when=of_a_trial)(self.job_event)
        for plural in ("tfjobs", "pytorchjobs"):
            kopf.on.event(GROUP, "v1", plural, when=of_a_trial)(self.job_event)
        for label in JOB_LABELS:
            kopf.on.event("", "v1", "pods", labels={label: kopf.PRESENT})(self.pod_event)

    def _login(self, **_: Any) -> kopf.ConnectionInfo:
        return kopf.ConnectionInfo(
            server=self.account.server, ca_path=str(self.account.ca), scheme="Bearer", token=self.account.token()
        )

    async def _startup(self, settings: kopf.OperatorSettings, **_: Any) -> None:
        settings.posting.enabled = False
        # A connection that died without a word is noticed after this time.
        settings.watching.server_timeout = 300
        settings.watching.client_timeout = 330
        await self.start()

    async def _cleanup(self, **_: Any) -> None:
        await self.stop()


def of_a_trial(body: Any, **_: Any) -> bool:
    """True for a job that a Trial controls."""
    owner = controller_of(dict(body)) or {}
    return owner.get("kind") == "Trial" and owner.get("apiVersion") == API_VERSION
