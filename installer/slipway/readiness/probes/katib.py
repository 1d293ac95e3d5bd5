"""Katib works when a small experiment finds its better trial: suggestions, jobs, metrics and the end of it."""

from __future__ import annotations

import secrets
import time
from functools import partial
from typing import Any

from slipway.diagnosis.causes import sentences_of_events
from slipway.errors import NotYet, SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.kube.restricted import container_security, pod_security
from slipway.naming import own_image
from slipway.readiness.context import ProbeContext
from slipway.waiting import Clock
from slipway.waiting.objects import Failing, Seen, until

API = "kubeflow.org/v1beta1"
IMAGE = own_image("base")
TRIALS = 2
#: Two pods of a small image, one second each, and what the scheduler and the kubelet need.
SECONDS = 90
UNSEEN = "the controller has not taken the experiment up"
COMMAND = "print('loss=' + str((float('${trialParameters.x}') - 0.5) ** 2))"


def experiment(name: str, namespace: str) -> Obj:
    """Two random trials at a time, over a Job that prints one line."""
    container = {
        "name": "trial",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", COMMAND],
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"cpu": "500m", "memory": "64Mi"}},
        "securityContext": container_security(read_only=False),
    }
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": pod_security(),
        "containers": [container],
    }
    return {
        "apiVersion": API,
        "kind": "Experiment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "objective": {"type": "minimize", "objectiveMetricName": "loss"},
            "algorithm": {"algorithmName": "random"},
            "parallelTrialCount": TRIALS,
            "maxTrialCount": TRIALS,
            "maxFailedTrialCount": 1,
            "parameters": [{"name": "x", "parameterType": "double", "feasibleSpace": {"min": "0", "max": "1"}}],
            "trialTemplate": {
                "primaryContainerName": "trial",
                "trialParameters": [{"name": "x", "reference": "x"}],
                "trialSpec": {
                    "apiVersion": "batch/v1",
                    "kind": "Job",
                    "spec": {"backoffLimit": 0, "template": {"spec": pod}},
                },
            },
        },
    }


def probe_experiment(ctx: ProbeContext) -> str:
    """Raises NotYet while nobody answers the experiment, SlipwayError when it fails or takes too long."""
    name = f"slipway-probe-{secrets.token_hex(3)}"
    ref = Ref(API, "Experiment", ctx.project, name)
    start = time.monotonic()
    ctx.kube.create(experiment(name, ctx.project))
    try:
        status = _wait(ctx, ref)
        tried = {t["metadata"]["name"]: _x(t["spec"]) for t in _trials(ctx.kube, ref)}
    finally:
        ctx.kube.delete(ref)
    best = status.get("currentOptimalTrial") or {}
    if status.get("trialsSucceeded") != TRIALS or len(tried) != TRIALS or not best:
        raise SlipwayError(f"the experiment ended without its best trial: {status}", str(ref))
    right = min(tried, key=lambda trial: abs(tried[trial] - 0.5))
    if best["bestTrialName"] != right or _x(best) != tried[right]:
        raise SlipwayError(f"of the trials {tried} it chose {best}", str(ref))
    return f"an experiment chose x={tried[right]:.3f} of {TRIALS} trials in {time.monotonic() - start:.0f} s"


def _x(holder: Obj) -> float:
    return float(holder["parameterAssignments"][0]["value"])


def _trials(kube: Client, ref: Ref) -> list[Obj]:
    return kube.objects(API, "Trial", ref.namespace, labels=f"katib.kubeflow.org/experiment={ref.name}")


def _wait(ctx: ProbeContext, ref: Ref) -> dict[str, Any]:
    """The status of the experiment when it has succeeded."""
    clock = Clock(SECONDS)

    def judge(obj: Obj) -> Seen:
        held = {c["type"]: c for c in (obj.get("status") or {}).get("conditions") or [] if c["status"] == "True"}
        failed = held["Failed"]["message"] if "Failed" in held else ""
        return Seen(", ".join(held) or UNSEEN, done="Succeeded" in held, failed=failed)

    def taken_up() -> None:
        found = ctx.kube.get(ref.api_version, ref.kind, ref.name, ref.namespace) or {}
        if clock.waited > 15 and judge(found).text == UNSEEN:
            raise NotYet(UNSEEN, str(ref))

    remedy = "kubectl -n kubeflow logs deploy/katib-controller"
    failing = Failing(f"not finished within {SECONDS} s", remedy, lambda: _why(ctx.kube, ref), taken_up)
    say = partial(ctx.reporter.waiting, "katib experiment")
    done: dict[str, Any] = until(ctx.kube, ref, judge, SECONDS, say, failing)["status"]
    return done


def _why(kube: Client, ref: Ref) -> tuple[str, ...]:
    """The last condition of each of its trials, and what its pods wait for."""
    lines: list[str] = []
    for trial in _trials(kube, ref):
        last = ((trial.get("status") or {}).get("conditions") or [{}])[-1]
        lines.append(f"{trial['metadata']['name']}: {last.get('type', 'no condition')}: {last.get('message', '')}")
    events = kube.objects("v1", "Event", ref.namespace)
    about = [event for event in events if str((event.get("involvedObject") or {}).get("name")).startswith(ref.name)]
    return (*lines, *sentences_of_events(about)[0])
