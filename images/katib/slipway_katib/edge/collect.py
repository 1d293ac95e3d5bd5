"""Metrics from the primary container of a trial's primary pod, read through the API when it has ended."""

from __future__ import annotations

from slipway_controller.api import Api, ApiError

from slipway_katib.edge.logs import log_lines
from slipway_katib.metrics import BadFilter, Collector, collector_for
from slipway_katib.names import JOB_KINDS, Obj
from slipway_katib.reconcile.trial import Collected

#: Of a trial of very many primary pods only so many are read.
MAX_PODS = 16


def exit_code(pod: Obj, container: str) -> int | None:
    """The exit code of a container that has ended for good; None while it runs or may be restarted."""
    status = pod.get("status") or {}
    for one in status.get("containerStatuses") or []:
        if one.get("name") == container:
            ended = (one.get("state") or {}).get("terminated")
            code = ended.get("exitCode") if ended else None
            return code if code == 0 or status.get("phase") in ("Succeeded", "Failed") else None
    return None


def choose(pods: list[Obj], container: str) -> list[Obj]:
    """The pods whose log counts, oldest first: those that ended well, else all that have ended."""
    ended = [pod for pod in pods if exit_code(pod, container) is not None]
    well = [pod for pod in ended if exit_code(pod, container) == 0]
    return sorted(well or ended, key=lambda pod: pod["metadata"].get("creationTimestamp", ""))[-MAX_PODS:]


async def collect(api: Api, trial: Obj) -> Collected:
    """The trial's observation. Raises ApiError when the API could not say (try again)."""
    spec, meta = trial["spec"], trial["metadata"]
    labels = {JOB_KINDS[spec["runSpec"]["kind"]][1]: meta["name"], **(spec.get("primaryPodLabels") or {})}
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    container = spec["primaryContainerName"]
    try:
        collector = collector_for(spec["objective"], spec.get("metricsCollector") or {})
    except BadFilter as error:
        return Collected(None, str(error))
    pods = await api.list("v1", "Pod", meta["namespace"], selector)
    if not pods:
        return Collected(None, f"no pod has the labels {selector}")
    if not any(_has(pod, container) for pod in pods):
        return Collected(None, f"the primary pod has no container {container} (primaryContainerName)")
    chosen = choose(pods, container)
    if not chosen:
        return Collected(None, f"no container {container} has ended")
    causes = [cause for pod in chosen if (cause := await _read(api, pod, container, collector))]
    if collector.found:
        return Collected(collector.observation())
    names = ", ".join(pod["metadata"]["name"] for pod in chosen)
    cause = "; ".join(causes) or f"{spec['objective']['objectiveMetricName']} is not in the log of {names}"
    return Collected(None if causes else collector.observation(), cause)


def _has(pod: Obj, container: str) -> bool:
    return any(one.get("name") == container for one in (pod.get("spec") or {}).get("containers") or [])


async def _read(api: Api, pod: Obj, container: str, collector: Collector) -> str:
    """Feed one log; says why when the API knows that there is none."""
    meta = pod["metadata"]
    try:
        async for line in log_lines(api, meta["namespace"], meta["name"], container):
            collector.feed(line)
    except ApiError as error:
        if error.status in (400, 404):
            return f"the log of {meta['name']} cannot be read: {error.message}"
        raise
    return ""
