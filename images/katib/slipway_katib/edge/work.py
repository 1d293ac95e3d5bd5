"""One key's work: read what is there, ask the step, do what it asks for, until it asks for nothing."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from random import Random, SystemRandom

from slipway_controller import events
from slipway_controller.api import Api, ApiError
from slipway_controller.queue import Key
from slipway_controller.watches import utc_now

from slipway_katib.conditions import holds
from slipway_katib.edge.collect import collect
from slipway_katib.names import API_VERSION, LABEL_EXPERIMENT, LABEL_TEMPLATES, Obj, controller_of
from slipway_katib.reconcile import experiment as experiments
from slipway_katib.reconcile import suggestion as suggestions
from slipway_katib.reconcile import trial as trials
from slipway_katib.reconcile.actions import Action, Create, Delete, Note, SetFinalizers, SetRequests, SetStatus
from slipway_katib.reconcile.release import release
from slipway_katib.reconcile.trial import Collect, Collected

log = logging.getLogger("slipway_katib")

#: More steps than any change needs: beyond it something undoes what is done, so go slowly.
MAX_STEPS = 25
#: Attempts to read a log before the trial goes on without it (about three minutes).
MAX_LOG_FAILURES = 9


class Outdated(Exception):
    """An object has changed or gone since it was read: look again."""


class Refused(Exception):
    """The API server will not create this object, however often it is asked."""


class Work:
    """The work of the queue. ``hints`` names trials whose primary pod may have ended before their job has."""

    def __init__(self, api: Api, *, now: Callable[[], str] = utc_now, random: Random | None = None) -> None:
        self._api, self._now, self._random = api, now, random or SystemRandom()
        self.hints: set[tuple[str, str]] = set()
        self._log_failures: Counter[tuple[str, str]] = Counter()

    async def __call__(self, key: Key) -> None:
        """An Experiment includes its Suggestion. Raises ApiError for what may be better later."""
        for _ in range(MAX_STEPS):
            actions = await (self._experiment(key) if key.kind == "Experiment" else self._trial(key))
            if not actions:
                return
            try:
                await self._do(actions)
            except Outdated:
                continue
        raise ApiError(0, f"still not settled after {MAX_STEPS} steps")

    async def _experiment(self, key: Key) -> list[Action]:
        experiment = await self._api.get(API_VERSION, "Experiment", key.namespace, key.name)
        if experiment is None:
            return []
        if experiment["metadata"].get("deletionTimestamp"):
            return release(experiment)
        suggestion = await self._api.get(API_VERSION, "Suggestion", key.namespace, key.name)
        found = await self._api.list(API_VERSION, "Trial", key.namespace, f"{LABEL_EXPERIMENT}={key.name}")
        source, trouble = await self._source(experiment)
        actions = experiments.step(experiment, suggestion, found, source, trouble, self._now())
        uid = experiment["metadata"]["uid"]
        if actions or suggestion is None or (controller_of(suggestion) or {}).get("uid") != uid:
            return actions
        # Sampling takes CPU time; events must be taken meanwhile.
        return await asyncio.to_thread(suggestions.step, suggestion, experiment, found, self._random, self._now())

    async def _source(self, experiment: Obj) -> tuple[Obj | str | None, str]:
        """The trial's template, or None and why."""
        template = (experiment.get("spec") or {}).get("trialTemplate") or {}
        place = template.get("configMap")
        if template.get("trialSpec") or not place:
            return template.get("trialSpec"), ""
        namespace, name, path = (
            str(place.get(k) or "") for k in ("configMapNamespace", "configMapName", "templatePath")
        )
        if not (namespace and name and path):
            return None, ""
        found = await self._api.get("v1", "ConfigMap", namespace, name)
        if found is None:
            return None, f"{namespace}/{name} does not exist"
        # The controller may read any ConfigMap; users get to see only those that are meant as templates.
        if (found["metadata"].get("labels") or {}).get(LABEL_TEMPLATES[0]) != LABEL_TEMPLATES[1]:
            return None, f"{namespace}/{name} has no label {'='.join(LABEL_TEMPLATES)}"
        text = (found.get("data") or {}).get(path)
        return text, "" if text else f"{namespace}/{name} has no key {path}"

    async def _trial(self, key: Key) -> list[Action]:
        trial = await self._api.get(API_VERSION, "Trial", key.namespace, key.name)
        if trial is None or trial["metadata"].get("deletionTimestamp"):
            self._forget(key)
            return release(trial) if trial else []
        job = None
        if not trials.problem_of(trial):
            run = trial["spec"]["runSpec"]
            job = await self._api.get(run["apiVersion"], run["kind"], key.namespace, key.name)
        hinted = (key.namespace, key.name) in self.hints
        collected = await self._collect(trial) if hinted and job and self._open(trial) else None
        answer = trials.step(trial, job, collected, self._now())
        if isinstance(answer, Collect):
            answer = trials.step(trial, job, await self._collect(trial), self._now())
            if isinstance(answer, Collect):
                raise AssertionError("a step asked twice for the log")
        self._forget(key)
        return answer

    def _forget(self, key: Key) -> None:
        self.hints.discard((key.namespace, key.name))
        self._log_failures.pop((key.namespace, key.name), None)

    def _open(self, trial: Obj) -> bool:
        status = trial.get("status") or {}
        return not status.get("observation") and not holds(status, *trials.COMPLETED)

    async def _collect(self, trial: Obj) -> Collected:
        place = (trial["metadata"]["namespace"], trial["metadata"]["name"])
        try:
            return await collect(self._api, trial)
        except ApiError as error:
            self._log_failures[place] += 1
            if self._log_failures[place] > MAX_LOG_FAILURES:
                return Collected(None, f"the log could not be read: {error}")
            raise

    async def _do(self, actions: list[Action]) -> None:
        for action in actions:
            try:
                await self._one(action)
            except Refused as error:
                await self._refused(action, str(error))
                return

    async def _one(self, action: Action) -> None:
        if isinstance(action, SetStatus | SetRequests | SetFinalizers):
            await self._write(action)
        elif isinstance(action, Delete):
            await self._api.delete(action.obj, foreground=action.foreground)
        elif isinstance(action, Note):
            about = (self._api, action.obj, action.reason, action.message)
            await events.post(*about, component="katib-controller", now=self._now(), warning=action.warning)
        else:
            await self._create(action)

    async def _write(self, action: SetStatus | SetRequests | SetFinalizers) -> None:
        try:
            if isinstance(action, SetRequests):
                await self._api.patch(action.obj, {"spec": {"requests": action.requests}})
            elif isinstance(action, SetFinalizers):
                await self._api.patch(action.obj, {"metadata": {"finalizers": [*action.finalizers]}})
            else:
                await self._api.set_status(action.obj, action.status)
                _tell(action)
        except ApiError as error:
            if error.status in (404, 409):
                raise Outdated from error
            raise

    async def _create(self, action: Create) -> None:
        try:
            await self._api.create(action.obj)
        except ApiError as error:
            if error.status == 409 and "already exists" in error.message:
                return
            denied = error.status == 403 and "denied the request" in error.message  # by an admission webhook
            if denied or error.status in (400, 404, 413, 422):
                raise Refused(error.message) from error
            raise

    async def _refused(self, action: Action, why: str) -> None:
        """A job that is refused fails its Trial; of a Trial or Suggestion that is refused the log tells."""
        obj = action.obj
        owner = controller_of(obj) or {}
        if obj["kind"] in ("Trial", "Suggestion"):
            raise ApiError(0, f"{obj['kind']} {obj['metadata']['name']} was refused: {why}")
        trial = await self._api.get(API_VERSION, "Trial", obj["metadata"]["namespace"], owner["name"])
        if trial and trial["metadata"]["uid"] == owner["uid"]:
            text = f"Trial has failed: {obj['kind']} ({obj['apiVersion']}) was refused: {why}"
            await self._do(trials.fail(trial, text, self._now()))


def _tell(action: SetStatus) -> None:
    """One line in the log for each change of the last condition."""
    before = ((action.obj.get("status") or {}).get("conditions") or [{}])[-1]
    after = (action.status.get("conditions") or [{}])[-1]
    if (before.get("type"), before.get("reason")) != (after.get("type"), after.get("reason")):
        meta = action.obj["metadata"]
        log.info(
            "%s %s/%s: %s: %s",
            action.obj["kind"],
            meta["namespace"],
            meta["name"],
            after.get("type"),
            after.get("message"),
        )
