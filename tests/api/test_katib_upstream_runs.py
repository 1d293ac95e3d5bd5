"""Whole Experiments on upstream's programs: controller, goptuna, db-manager with either database, metrics collector.

They run on our manifests, and the containers of trials as the webhook made them. What the cluster does is played: the
Deployments' availability, and that a Job is complete when its pod's containers have ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import played_pod
import pytest
import yaml
from api_server import Server
from eventually import eventually
from katib_databases import PASSWORD, database, missing
from katib_upstream import CONTROLLER, WITHOUT, Running, controlled
from slipway import paths
from slipway.kube import Client, Obj, Ref
from slipway.readiness.probes.katib import API, experiment
from slipway.render.kustomize import build
from upstream_programs import (
    alive,
    confined,
    environment,
    forbidden,
    free_ports,
    program,
    started,
    upstream,
)

pytestmark = pytest.mark.skipif(CONTROLLER is None, reason=WITHOUT)
PLACE = "katib-run-test"
FRESH, LEFT = "fresh", "left"
ALGORITHM = "sobol"
#: Trials of the compact edition: one is over, and one ran when the edition was changed.
OVER, UNMEASURED = f"{LEFT}-before00", f"{LEFT}-before01"
MOMENT = "2026-01-01T00:00:00Z"
#: What the two databases' Deployments are called, and the variable for the port.
HOSTS = {"mysql": "KATIB_MYSQL_DB", "postgres": "KATIB_POSTGRESQL_DB"}
#: It lasts until the collector looks for it, however slow the machine is.
COMMAND = """sleep 4; python3 -c 'print("loss", (${trialParameters.x} - 0.5) ** 2, sep="=")'"""


@dataclass(frozen=True)
class Katib(Running):
    """A working Katib; ``hosts`` is the /etc/hosts of its pods, ``directory`` for what they write."""

    directory: Path
    hosts: Path


def manifests(kind: str, directory: Path) -> tuple[Obj, ...]:
    """The upstream edition with one of its databases."""
    if kind == "mysql":
        return upstream("katib")
    edition = paths.distribution() / "manifests/katib/0.19.0/upstream"
    above = "/".join([".."] * (len(directory.resolve().parts) - 1)) + str(edition)
    kustomization = {"resources": [above], "components": [f"{above}/postgres"]}
    (directory / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return tuple(build(directory, "katib"))


@pytest.fixture(scope="module", params=["postgres", "mysql"])
def katib(
    request: pytest.FixtureRequest, module_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Katib]:
    """All of upstream's programs but those in Python, working for an API server of their own."""
    kind = request.param
    if missing(kind):
        pytest.skip(
            f"no {kind} is installed (Debian's packages postgresql-15, mariadb-server-core, mariadb-client-core)"
        )
    directory, place = tmp_path_factory.mktemp("runs"), f"{PLACE}-{kind}"
    hosts = directory / "hosts"
    hosts.write_text(
        f"127.0.0.1 localhost katib-mysql katib-postgres katib-db-manager.kubeflow {FRESH}-{ALGORITHM}.{place}\n"
    )
    parts = {name: directory / name for name in ("controller", "manager", "goptuna", "pods")}
    for part in parts.values():
        part.mkdir()
        (part / "hosts").write_text(hosts.read_text())
    (port,) = free_ports(1)
    with database(kind) as database_port:
        given = {"DB_PASSWORD": PASSWORD, f"{HOSTS[kind]}_PORT": str(database_port)}
        env = environment(manifests(kind, directory), "katib-db-manager", given)
        manager = confined(parts["manager"], program("katib-db-manager") or Path(), "--connect-timeout=60s",
                           f"--listen-address=127.0.0.1:{port}")  # fmt: skip
        goptuna = confined(parts["goptuna"], program("goptuna-suggestion") or Path())
        more = {"KATIB_DB_MANAGER_SERVICE_PORT": str(port)}
        with (
            started(manager, env, parts["manager"] / "log") as first,
            started(goptuna, {}, parts["goptuna"] / "log") as second,
            controlled(module_server, parts["controller"], place, left, more) as running,
        ):
            alive(first, parts["manager"] / "log")
            alive(second, parts["goptuna"] / "log")
            yield Katib(running.client, running.log, place, parts["pods"], hosts)


def tuned(name: str, place: str, algorithm: str, count: int) -> Obj:
    """Trials of one parameter, two at a time."""
    obj = experiment(name, place)
    obj["spec"] |= {"algorithm": {"algorithmName": algorithm}, "maxTrialCount": count, "parallelTrialCount": 2}
    pod = obj["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    pod["containers"][0] |= {"command": ["sh", "-c"], "args": [COMMAND]}
    return obj


def condition(kind: str, reason: str) -> Obj:
    times = {"lastUpdateTime": MOMENT, "lastTransitionTime": MOMENT}
    return {"type": kind, "status": "True", "reason": reason, "message": "-", **times}


def left(client: Client, place: str) -> None:
    """An Experiment that the compact edition has begun: one trial is over, and one ran without a collector.

    Both have their parameters: the service that would suggest more is in Python.
    """
    obj = tuned(LEFT, place, "random", 2)
    made = write(client, obj, {"conditions": [condition("Created", "ExperimentCreated")], "startTime": MOMENT})
    names = {OVER: "0.5001", UNMEASURED: "0.25"}
    given = {name: [{"name": "x", "value": value}] for name, value in names.items()}
    suggestion = {"algorithm": obj["spec"]["algorithm"], "requests": 2, "resumePolicy": "Never"}
    kinds = ("Created", "DeploymentReady", "Running")
    write(
        client,
        owned("Suggestion", LEFT, made, suggestion),
        {
            "suggestionCount": 2,
            "suggestions": [{"name": name, "parameterAssignments": given[name]} for name in names],
            "conditions": [condition(kind, f"Suggestion{kind}") for kind in kinds],
        },
    )
    metric = {"name": "loss", "min": "0.00000001", "max": "0.00000001", "latest": "0.00000001"}
    done = {"observation": {"metrics": [metric]}, "completionTime": MOMENT}
    for name, kind, more in ((OVER, "Succeeded", done), (UNMEASURED, "Running", {})):
        conditions = [condition("Created", "TrialCreated"), condition(kind, f"Trial{kind}")]
        trial = owned("Trial", name, made, trial_spec(obj, name, given[name]))
        written = write(client, trial, {"startTime": MOMENT, "conditions": conditions, **more})
    job = {**written["spec"]["runSpec"], "metadata": {"name": UNMEASURED, "namespace": place}}
    job["metadata"]["ownerReferences"] = [owner(written)]
    finish(client, client.create(job))


def owner(obj: Obj) -> Obj:
    names = {"name": obj["metadata"]["name"], "uid": obj["metadata"]["uid"]}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "controller": True, **names}


def owned(kind: str, name: str, parent: Obj, spec: Obj) -> Obj:
    meta = {"name": name, "namespace": parent["metadata"]["namespace"], "ownerReferences": [owner(parent)]}
    labels = {"labels": {"katib.kubeflow.org/experiment": LEFT}}
    return {"apiVersion": API, "kind": kind, "metadata": meta | labels, "spec": spec}


def trial_spec(parent: Obj, name: str, assignments: list[Obj]) -> Obj:
    """As both editions write it."""
    query = 'status.conditions.#(type=="{}")#|#(status=="True")#'
    template = json.dumps(parent["spec"]["trialTemplate"]["trialSpec"])
    run = json.loads(template.replace("${trialParameters.x}", assignments[0]["value"]))
    return {
        "objective": parent["spec"]["objective"] | {"metricStrategies": [{"name": "loss", "value": "min"}]},
        "parameterAssignments": assignments,
        "runSpec": {**run, "metadata": {"name": name, "namespace": parent["metadata"]["namespace"]}},
        "metricsCollector": {"collector": {"kind": "StdOut"}},
        "primaryContainerName": "trial",
        "successCondition": query.format("Complete"),
        "failureCondition": query.format("Failed"),
    }


def write(client: Client, obj: Obj, status: Obj) -> Obj:
    """An object and its status, as another controller left them."""
    made: Obj = eventually(lambda: client.create(obj), "it is made")
    path = client.resource(API, obj["kind"]).path(obj["metadata"]["namespace"], obj["metadata"]["name"])
    return dict(client.request("PUT", f"{path}/status", body=made | {"status": status}))


def patch_status(client: Client, obj: Obj, status: Obj) -> None:
    """The part of a controller of Kubernetes."""
    meta = obj["metadata"]
    path = client.resource(obj["apiVersion"], obj["kind"]).path(meta["namespace"], meta["name"])
    client.request("PATCH", f"{path}/status", body={"status": status}, content_type="application/merge-patch+json")


def suggesting(katib: Katib, name: str, algorithm: str, image: str) -> None:
    """The service that suggests has its Deployment, which is available."""
    deployment = f"{name}-{algorithm}"
    found = eventually(lambda: katib.client.get("apps/v1", "Deployment", deployment, katib.place), "a Deployment")
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"ghcr.io/kubeflow/katib/{image}:v0.19.0"
    counts = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas", "observedGeneration"), 1)
    patch_status(katib.client, found, {**counts, "conditions": [{"type": "Available", "status": "True"}]})


def run_job(katib: Katib, job: Obj) -> None:
    """Its pod, through the webhook, and what it runs; then the Job is complete."""
    meta = job["metadata"]
    wanted = {**job["spec"]["template"], "apiVersion": "v1", "kind": "Pod"}
    names = {"generateName": f"{meta['name']}-", "namespace": katib.place, "ownerReferences": [owner(job)]}
    wanted["metadata"] = wanted.get("metadata", {}) | names
    pod = katib.client.create(wanted, dry_run=True)
    collectors = {"metrics-logger-and-collector": program("file-metricscollector") or Path()}
    logs = played_pod.run(pod, collectors, katib.directory / meta["name"], katib.hosts)
    assert "loss=" in logs["metrics-logger-and-collector"], logs
    finish(katib.client, job)


def finish(client: Client, job: Obj) -> None:
    """The Job is complete."""
    times = {"lastProbeTime": MOMENT, "lastTransitionTime": MOMENT}
    words = {"status": "True", "reason": "CompletionsReached", "message": "-"}
    conditions = [{"type": kind, **words, **times} for kind in ("SuccessCriteriaMet", "Complete")]
    counts = {"succeeded": 1, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}}
    patch_status(client, job, {**counts, "startTime": MOMENT, "completionTime": MOMENT, "conditions": conditions})


def over(katib: Katib, name: str) -> Obj | None:
    """The Experiment's status when it has ended; else every Job that is new is run."""
    status = katib.stored("Experiment", name).get("status", {})
    kinds = {one["type"]: one for one in status.get("conditions", []) if one["status"] == "True"}
    if {"Succeeded", "Failed"} & set(kinds):
        return dict(status)
    for job in katib.client.objects("batch/v1", "Job", katib.place):
        done = job.get("status", {}).get("conditions") or job["metadata"].get("deletionTimestamp")
        if not done and job["metadata"]["name"].startswith(f"{name}-"):
            run_job(katib, job)
    return None


def trials(katib: Katib, name: str) -> dict[str, float]:
    """The parameter of each trial of an Experiment."""
    found = [obj for obj in katib.client.objects(API, "Trial", katib.place) if obj["metadata"]["name"].startswith(name)]
    return {obj["metadata"]["name"]: float(obj["spec"]["parameterAssignments"][0]["value"]) for obj in found}


def gone(katib: Katib, name: str) -> bool:
    return not katib.stored("Experiment", name) and not trials(katib, name)


def test_an_experiment_finds_its_best_trial(katib: Katib) -> None:
    """From goptuna's suggestion through trials, collectors and the database to the Experiment's status."""
    katib.client.create(tuned(FRESH, katib.place, ALGORITHM, 3))
    suggesting(katib, FRESH, ALGORITHM, "suggestion-goptuna")
    status = eventually(lambda: over(katib, FRESH), "the Experiment ends")
    assert status["conditions"][-1]["reason"] == "ExperimentMaxTrialsReached", status
    tried = trials(katib, FRESH)
    assert (len(tried), status["trialsSucceeded"]) == (3, 3)
    best = min(tried, key=lambda name: (tried[name] - 0.5) ** 2)
    assert status["currentOptimalTrial"]["bestTrialName"] == best
    (metric,) = status["currentOptimalTrial"]["observation"]["metrics"]
    assert float(metric["min"]) == pytest.approx((tried[best] - 0.5) ** 2)
    service = f"{FRESH}-{ALGORITHM}"
    eventually(lambda: not katib.client.get("apps/v1", "Deployment", service, katib.place), "its service is gone")


def test_what_the_compact_edition_began_is_brought_to_its_end(katib: Katib) -> None:
    """The trial that nobody measured is deleted, and made anew; of both the one that was over is the best."""
    suggesting(katib, LEFT, "random", "suggestion-hyperopt")
    ref = Ref(API, "Trial", katib.place, UNMEASURED)
    before = eventually(lambda: katib.stored("Trial", UNMEASURED), "the trial is there")["metadata"]["uid"]
    katib.client.delete(ref)
    eventually(lambda: katib.stored("Trial", UNMEASURED).get("metadata", {"uid": before})["uid"] != before, "it is new")
    status = eventually(lambda: over(katib, LEFT), "the Experiment ends")
    assert status["conditions"][-1]["reason"] == "ExperimentMaxTrialsReached", status
    tried = trials(katib, LEFT)
    assert (len(tried), tried[UNMEASURED], status["trialsSucceeded"]) == (2, 0.25, 2)
    assert status["currentOptimalTrial"]["bestTrialName"] == OVER


def test_what_was_measured_goes_with_the_experiment(katib: Katib) -> None:
    """A Trial goes only when the db-manager has deleted its measurements."""
    for name in (FRESH, LEFT):
        katib.client.delete(Ref(API, "Experiment", katib.place, name))
        eventually(partial(gone, katib, name), "it is gone with its Trials")


def test_nothing_that_it_needs_is_forbidden(katib: Katib) -> None:
    """After the tests above: its log."""
    assert forbidden(katib.log) == []
