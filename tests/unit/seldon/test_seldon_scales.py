"""What scales Deployments and keeps their Pods: made with them, taken away with what asked for it."""

import asyncio
from typing import Any

import pytest
from seldon_cluster import Cluster
from seldon_examples import WHOLE, changed, sdep
from slipway_controller.queue import Key
from slipway_seldon.parse import parse
from slipway_seldon.reconcile import RETRY, Reconciler
from slipway_seldon.render import render

Obj = dict[str, Any]
PART, NAME = "spec.predictors.0.componentSpecs.0", "mnist-default-0-classifier"
CPU = {"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 70}}
HPA = {"minReplicas": 2, "maxReplicas": 5, "metrics": [CPU]}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME}


def scales(field: str, value: Obj) -> list[Obj]:
    return list(render(parse(changed(sdep(), f"{PART}.{field}", value)), WHOLE).scales)


def test_an_autoscaler_of_the_old_form() -> None:
    (found,) = scales("hpaSpec", HPA)
    assert (found["apiVersion"], found["kind"], found["metadata"]["name"]) == (
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        NAME,
    )
    target = {"type": "Utilization", "averageUtilization": 70}
    assert found["spec"] == {
        "scaleTargetRef": TARGET,
        "minReplicas": 2,
        "maxReplicas": 5,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    deployment = render(parse(changed(sdep(replicas=7), f"{PART}.hpaSpec", HPA)), WHOLE).deployments[0]
    assert "replicas" not in deployment["spec"], "the autoscaler says how many"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            {"type": "Pods", "pods": {"metricName": "rps", "targetAverageValue": "10"}},
            {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "10"}},
        ),
        (
            {"type": "External", "external": {"metricName": "queue", "metricSelector": {"a": "b"}, "targetValue": "3"}},
            {"metric": {"name": "queue", "selector": {"a": "b"}}, "target": {"type": "Value", "value": "3"}},
        ),
        (
            {"type": "Object", "object": {"metricName": "rps", "target": {"name": "x"}, "targetValue": "9"}},
            {"describedObject": {"name": "x"}, "metric": {"name": "rps"}, "target": {"type": "Value", "value": "9"}},
        ),
        (
            {
                "type": "ContainerResource",
                "containerResource": {"name": "cpu", "container": "c", "targetAverageValue": "1"},
            },
            {"name": "cpu", "container": "c", "target": {"type": "AverageValue", "averageValue": "1"}},
        ),
    ],
)
def test_metrics_of_the_old_form_become_those_of_the_new(old: Obj, new: Obj) -> None:
    (found,) = scales("hpaSpec", {"maxReplicas": 2, "metrics": [old]})
    key = old["type"][:1].lower() + old["type"][1:]
    assert found["spec"]["metrics"] == [{"type": old["type"], key: new}]


def test_metrics_of_the_new_form_stay() -> None:
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 5}},
    }
    for key in ("metrics", "metricsv2"):
        (found,) = scales("hpaSpec", {"maxReplicas": 2, key: [metric]})
        assert found["spec"]["metrics"] == [metric]


def test_a_budget_is_for_the_pods_of_one_deployment() -> None:
    """Two budgets over one Pod forbid its eviction altogether."""
    (found,) = scales("pdbSpec", {"maxUnavailable": "50%"})
    labels = {"seldon-deployment-id": "mnist", "app": NAME}
    assert found["spec"] == {"selector": {"matchLabels": labels}, "maxUnavailable": "50%"}


def test_keda_scales_instead_of_an_autoscaler() -> None:
    spec = {"minReplicaCount": 1, "maxReplicaCount": 5, "triggers": [{"type": "cron", "metadata": {}}]}
    both = changed(changed(sdep(), f"{PART}.kedaSpec", spec), f"{PART}.hpaSpec", HPA)
    (found,) = render(parse(both), WHOLE).scales
    assert (found["apiVersion"], found["kind"]) == ("keda.sh/v1alpha1", "ScaledObject")
    assert found["spec"] == {"scaleTargetRef": TARGET, **spec}


def run(cluster: Cluster) -> float | None:
    return asyncio.run(Reconciler(cluster, WHOLE).reconcile(Key("SeldonDeployment", "workbench", "mnist")))


def test_what_the_autoscaler_chose_outlives_an_update() -> None:
    """Applied without a number, a Deployment that had one from the operator would fall back to one Pod."""
    cluster = Cluster(sdep(replicas=3))
    run(cluster)
    cluster.change("mnist", changed(sdep(replicas=3), f"{PART}.hpaSpec", HPA)["spec"])
    run(cluster)
    deployment = cluster.objects[("Deployment", NAME)]
    assert deployment["spec"]["replicas"] == 3
    deployment["spec"]["replicas"] = 5  # the autoscaler
    cluster.requests.clear()
    run(cluster)
    assert cluster.requests == [], "what scales is no difference"
    obj = changed(changed(sdep(), f"{PART}.hpaSpec", HPA), f"{PART}.spec.containers.0.image", "model:2")
    cluster.change("mnist", obj["spec"])
    run(cluster)
    assert cluster.objects[("Deployment", NAME)]["spec"]["replicas"] == 5


def test_it_goes_with_what_asked_for_it() -> None:
    cluster = Cluster(changed(changed(sdep(), f"{PART}.hpaSpec", HPA), f"{PART}.pdbSpec", {"minAvailable": 1}))
    run(cluster)
    assert cluster.names("HorizontalPodAutoscaler") == cluster.names("PodDisruptionBudget") == {NAME}
    conditions = {c["type"]: c["reason"] for c in cluster.status("mnist")["conditions"]}
    assert (conditions["HpasReady"], conditions["KedaReady"]) == ("All HPAs created", "No KEDA resources defined")
    cluster.change("mnist", sdep()["spec"])
    run(cluster)
    assert not cluster.names("HorizontalPodAutoscaler")
    assert not cluster.names("PodDisruptionBudget")


def test_keda_is_refused_where_there_is_none() -> None:
    obj = changed(sdep(), f"{PART}.kedaSpec", {"maxReplicaCount": 3, "triggers": []})
    cluster = Cluster(obj)
    cluster.broken["ScaledObject"] = 404
    assert run(cluster) == RETRY
    assert "the cluster has no KEDA" in cluster.status("mnist")["description"]
    assert cluster.requests == []
    plain = Cluster(sdep())
    plain.broken["ScaledObject"] = 404
    run(plain)
    assert plain.names("Deployment") == {NAME}
