"""Upstream's own katib-controller on our manifests: its rights, certificate, configuration, webhooks and our CRDs.

Needs its program (of the image ghcr.io/kubeflow/katib/katib-controller:v0.19.0) in $SLIPWAY_UPSTREAM, and root.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml
from api_server import Server
from eventually import eventually
from katib_upstream import CONTROLLER, WITHOUT, Running, controlled, upstream_probe
from slipway import paths
from slipway.kube import ApiError, Client, Obj, Ref
from slipway.progress import Reporter
from slipway.readiness.context import ProbeContext
from slipway.readiness.probes.katib import API, experiment
from slipway.smoke.objects import experiment as smoke
from slipway.smoke.options import SmokeOptions
from upstream_programs import forbidden

pytestmark = pytest.mark.skipif(CONTROLLER is None, reason=WITHOUT)
NAMESPACE = "katib-upstream-test"
#: Made before upstream's webhooks are there, as those of the compact edition are.
INHERITED = "inherited"
LEFT = "left"
RBAC = "rbac.authorization.k8s.io/v1"
CONDITIONS = {
    "successCondition": 'status.conditions.#(type=="Complete")#|#(status=="True")#',
    "failureCondition": 'status.conditions.#(type=="Failed")#|#(status=="True")#',
}


def inherited(name: str) -> Obj:
    """An Experiment with fields that upstream leaves out when it writes: false and empty ones."""
    obj = experiment(name, NAMESPACE)
    obj["spec"]["trialTemplate"]["retain"] = False
    obj["spec"]["trialTemplate"]["trialParameters"][0]["description"] = ""
    return obj


def inherit(client: Client, _: str) -> None:
    """What is there before upstream's webhooks are."""
    for name in (INHERITED, LEFT):
        eventually(partial(client.create, inherited(name)), "an Experiment is made")


@pytest.fixture(scope="module")
def running(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Upstream's controller, working for the test's API server."""
    with controlled(server, tmp_path_factory.mktemp("katib"), NAMESPACE, inherit) as found:
        yield found


def test_the_probe_is_content(running: Running) -> None:
    """It waits for the CA in the webhooks, as an installation does."""
    context = ProbeContext(running.client, NAMESPACE, {}, "", "", Reporter())
    assert "defaults" in eventually(lambda: upstream_probe(context), "the webhooks answer")


def test_a_namespace_without_the_label_is_told(running: Running) -> None:
    with pytest.raises(ApiError, match="lacks label"):
        running.client.create(experiment("unlabelled", "default"), dry_run=True)


@pytest.mark.parametrize("algorithm", ["random", "grid", "tpe", "multivariate-tpe", "hyperband", "bayesianoptimization",
                                       "cmaes", "sobol", "pbt"])  # fmt: skip
def test_every_algorithm_is_configured(running: Running, algorithm: str, unique: str) -> None:
    """An Experiment becomes a Suggestion, and that a Deployment and a Service of the configured image."""
    obj = experiment(unique, NAMESPACE)
    obj["spec"]["algorithm"]["algorithmName"] = algorithm
    running.client.create(obj)
    found = eventually(
        lambda: running.client.get("apps/v1", "Deployment", f"{unique}-{algorithm}", NAMESPACE), "a Deployment is made"
    )
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["image"].startswith("ghcr.io/kubeflow/katib/suggestion-")
    assert container["securityContext"]["runAsNonRoot"] is True
    assert eventually(
        lambda: running.client.get("v1", "Service", f"{unique}-{algorithm}", NAMESPACE), "a Service is made"
    )
    assert running.stored("Suggestion", unique)["spec"]["requests"] == 2
    status = eventually(lambda: running.stored("Experiment", unique).get("status"), "a status is written")
    assert status["conditions"][0]["type"] == "Created"


def test_early_stopping_brings_rights_of_its_own(running: Running, unique: str) -> None:
    """The Role that the controller makes has every verb on trials; the API server lets it give only what it has."""
    obj = experiment(unique, NAMESPACE)
    obj["spec"]["earlyStopping"] = {
        "algorithmName": "medianstop",
        "algorithmSettings": [{"name": "start_step", "value": "3"}],
    }
    running.client.create(obj)
    name = f"{unique}-random"
    for version, kind in (("v1", "ServiceAccount"), (RBAC, "Role"), (RBAC, "RoleBinding")):
        eventually(partial(running.client.get, version, kind, name, NAMESPACE), f"a {kind} is made")
    found = eventually(lambda: running.client.get("apps/v1", "Deployment", name, NAMESPACE), "a Deployment is made")
    images = [container["image"] for container in found["spec"]["template"]["spec"]["containers"]]
    assert images[1] == "ghcr.io/kubeflow/katib/earlystopping-medianstop:v0.19.0"
    assert running.stored("Suggestion", unique)["spec"]["earlyStopping"] == obj["spec"]["earlyStopping"]


def test_a_volume_for_what_resumes(running: Running, unique: str) -> None:
    obj = experiment(unique, NAMESPACE)
    obj["spec"]["resumePolicy"] = "FromVolume"
    running.client.create(obj)
    name = f"{unique}-random"
    claim = eventually(lambda: running.client.get("v1", "PersistentVolumeClaim", name, NAMESPACE), "a claim is made")
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]


def experiments() -> list[Obj]:
    """What users write on both editions: of the test of the editions, the example, the smoke test."""
    files = (Path(__file__).parent / "editions/valid-katib.yaml", paths.distribution() / "examples/experiment.yaml")
    written = [obj for file in files for obj in yaml.safe_load_all(file.read_text())]
    tuned = [smoke.build(SmokeOptions(algorithm=name), "20260101-000000", "digits", 2) for name in ("random", "grid")]
    return [obj for obj in [*written, *tuned] if obj["kind"] == "Experiment"]


@pytest.mark.parametrize("written", experiments(), ids=lambda obj: obj["metadata"]["name"])
def test_what_users_write_is_valid(running: Running, written: Obj) -> None:
    """By upstream's own validation, and with its defaults."""
    written = written | {"metadata": written["metadata"] | {"namespace": NAMESPACE}}
    made = running.client.create(written, dry_run=True)
    assert made["spec"]["trialTemplate"]["failureCondition"] == CONDITIONS["failureCondition"]


def test_an_experiment_of_the_other_edition_is_taken_up(running: Running) -> None:
    """It was made without upstream's webhooks: the controller's first update brings their defaults."""
    found = eventually(lambda: taken_up(running, INHERITED), "it is taken up")
    assert found["spec"]["objective"]["metricStrategies"] == [{"name": "loss", "value": "min"}]
    assert found["spec"]["trialTemplate"]["successCondition"] == CONDITIONS["successCondition"]
    eventually(lambda: running.stored("Suggestion", INHERITED), "a Suggestion is made")
    # What users may do to it is as it is to any other.
    ref = Ref(API, "Experiment", NAMESPACE, INHERITED)
    assert running.client.patch(ref, {"spec": {"maxTrialCount": 7}})["spec"]["maxTrialCount"] == 7
    with pytest.raises(ApiError, match="are editable"):
        running.client.patch(ref, {"spec": {"objective": {"goal": 0.5}}})


def test_an_experiment_of_the_other_edition_can_be_deleted(running: Running) -> None:
    eventually(lambda: taken_up(running, LEFT), "it is taken up")
    running.client.delete(Ref(API, "Experiment", NAMESPACE, LEFT))
    eventually(lambda: not running.stored("Experiment", LEFT), "it is gone")


def taken_up(running: Running, name: str) -> Obj | None:
    found = running.stored("Experiment", name)
    return found if found["metadata"].get("finalizers") == ["update-prometheus-metrics"] else None


def trial_of(name: str, parent: str) -> Obj:
    """A Trial as upstream's experiment controller makes it."""
    spec = experiment(parent, NAMESPACE)["spec"]
    job = {**spec["trialTemplate"]["trialSpec"], "metadata": {"name": name, "namespace": NAMESPACE}}
    labels = {"katib.kubeflow.org/experiment": parent}
    return {
        "apiVersion": API,
        "kind": "Trial",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "objective": {**spec["objective"], "metricStrategies": [{"name": "loss", "value": "min"}]},
            "parameterAssignments": [{"name": "x", "value": "0.5"}],
            "runSpec": job,
            "metricsCollector": {"collector": {"kind": "StdOut"}},
            "primaryContainerName": "trial",
            **CONDITIONS,
        },
    }


def pod_of(owner: Obj | None) -> Obj:
    """A pod as a controller would make it for ``owner``."""
    pod = experiment("x", NAMESPACE)["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    owners = []
    if owner:
        names = {"name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}
        owners = [{"apiVersion": owner["apiVersion"], "kind": owner["kind"], "controller": True, **names}]
    meta = {"generateName": "pod-", "namespace": NAMESPACE, "ownerReferences": owners}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod}


def test_a_trial_becomes_a_job_whose_pod_is_measured(running: Running, unique: str) -> None:
    client = running.client
    client.create(experiment(unique, NAMESPACE))
    eventually(lambda: running.stored("Suggestion", unique), "a Suggestion is made")
    client.create(trial_of(f"{unique}-a", unique))
    job = eventually(lambda: client.get("batch/v1", "Job", f"{unique}-a", NAMESPACE), "a Job is made")
    pod = eventually(lambda: measured(client.create(pod_of(job), dry_run=True)), "a collector is added")
    assert pod["spec"]["shareProcessNamespace"] is True
    collector = pod["spec"]["containers"][1]
    assert collector["image"] == "ghcr.io/kubeflow/katib/file-metrics-collector:v0.19.0"
    assert collector["securityContext"]["allowPrivilegeEscalation"] is False
    assert "katib-db-manager.kubeflow:6789" in collector["args"]
    # Others are left alone.
    assert not measured(client.create(pod_of(None), dry_run=True))


def measured(pod: Obj) -> Obj | None:
    return pod if len(pod["spec"]["containers"]) > 1 else None


def test_only_counts_are_editable(running: Running, unique: str) -> None:
    running.client.create(experiment(unique, NAMESPACE))
    ref = Ref(API, "Experiment", NAMESPACE, unique)
    with pytest.raises(ApiError, match="are editable"):
        running.client.patch(ref, {"spec": {"objective": {"goal": 0.5}}})
    assert running.client.patch(ref, {"spec": {"maxTrialCount": 3}})["spec"]["maxTrialCount"] == 3


def test_an_experiment_goes_with_all_that_it_made(running: Running, unique: str) -> None:
    running.client.create(experiment(unique, NAMESPACE))
    name = f"{unique}-random"
    eventually(lambda: running.client.get("apps/v1", "Deployment", name, NAMESPACE), "a Deployment is made")
    running.client.delete(Ref(API, "Experiment", NAMESPACE, unique))
    eventually(lambda: not running.client.get("apps/v1", "Deployment", name, NAMESPACE), "it is gone")
    assert not running.stored("Experiment", unique)


def test_nothing_that_it_needs_is_forbidden(running: Running) -> None:
    """After the tests above: its log."""
    assert forbidden(running.log) == []
