"""The order of things: routes after Pods, nothing half, old things away last, others' things never."""

import asyncio
import copy
from typing import Any

import pytest
from seldon_cluster import Cluster
from seldon_examples import changed, predictor, sdep
from slipway_controller.api import ApiError
from slipway_controller.queue import Key
from slipway_seldon.options import Options
from slipway_seldon.reconcile import GRACE, RETRY, Reconciler

KEY = Key("SeldonDeployment", "workbench", "mnist")
IMAGE = "spec.predictors.0.componentSpecs.0.spec.containers.0.image"


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def run(cluster: Cluster, clock: Clock | None = None, reconciler: Reconciler | None = None) -> float | None:
    reconciler = reconciler or Reconciler(cluster, Options(), clock or Clock())
    return asyncio.run(reconciler.reconcile(KEY))


def served(obj: dict[str, Any]) -> Cluster:
    """A cluster in which ``obj`` is Available."""
    cluster = Cluster(obj)
    run(cluster)
    cluster.roll_out()
    run(cluster)
    assert cluster.status("mnist")["state"] == "Available"
    cluster.requests.clear()
    return cluster


def routes(predictor: str) -> set[str]:
    return {f"seldon-workbench-mnist-{predictor}-{kind}" for kind in ("rest", "grpc")}


def test_mappings_come_when_the_pods_answer() -> None:
    cluster = Cluster(sdep())
    run(cluster)
    assert cluster.requests == [
        "apply Service mnist-default",
        "apply Service mnist-default-classifier",
        "apply Deployment mnist-default-0-classifier",
    ]
    assert cluster.status("mnist")["state"] == "Creating"
    cluster.roll_out(available=False)
    run(cluster)
    assert not cluster.names("Mapping")
    cluster.roll_out()
    run(cluster)
    assert cluster.names("Mapping") == routes("default")
    assert cluster.status("mnist")["state"] == "Available"


def test_available_when_the_gateway_says_so() -> None:
    cluster, reports = Cluster(sdep()), Options(gateway_reports=True)
    reconciler = Reconciler(cluster, reports)
    run(cluster, reconciler=reconciler)
    cluster.roll_out()
    run(cluster, reconciler=reconciler)
    assert cluster.status("mnist")["state"] == "Creating"
    assert "has not taken Mapping seldon-workbench-mnist-default-rest yet" in cluster.status("mnist")["description"]
    mapping, other = (cluster.objects[("Mapping", name)] for name in sorted(routes("default"), reverse=True))
    mapping["status"] = {"state": "Running", "observedGeneration": 1}
    run(cluster, reconciler=reconciler)
    assert "has not taken Mapping seldon-workbench-mnist-default-grpc yet" in cluster.status("mnist")["description"]
    other["status"] = {"state": "Running", "observedGeneration": 1}
    run(cluster, reconciler=reconciler)
    assert cluster.status("mnist")["state"] == "Available"
    mapping["status"] = {"state": "Inactive", "reason": "over 100"}
    run(cluster, reconciler=reconciler)
    assert cluster.status("mnist")["state"] == "Creating"
    assert "over 100" in cluster.status("mnist")["description"]


def test_nothing_is_done_twice() -> None:
    cluster = served(sdep())
    before = copy.deepcopy(cluster.objects)
    assert run(cluster) is None
    assert cluster.requests == []
    assert cluster.objects == before


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Deployment", "mnist-default-0-classifier"),
        ("Service", "mnist-default"),
        ("Mapping", "seldon-workbench-mnist-default-rest"),
    ],
)
def test_what_is_deleted_or_edited_by_hand_comes_back(kind: str, name: str) -> None:
    cluster = served(sdep())
    good = copy.deepcopy(cluster.objects[(kind, name)])
    del cluster.objects[(kind, name)]
    run(cluster)
    assert cluster.objects[(kind, name)]["spec"] == good["spec"]
    cluster.roll_out()
    key = {"Deployment": "replicas", "Service": "selector", "Mapping": "prefix"}[kind]
    cluster.objects[(kind, name)]["spec"][key] = "edited"
    run(cluster)
    assert cluster.objects[(kind, name)]["spec"] == good["spec"]


def test_an_owner_reference_removed_by_hand_comes_back() -> None:
    cluster = served(sdep())
    del cluster.objects[("Service", "mnist-default")]["metadata"]["ownerReferences"]
    run(cluster)
    assert cluster.objects[("Service", "mnist-default")]["metadata"]["ownerReferences"][0]["uid"] == "u-1"


def test_a_refused_update_leaves_what_serves() -> None:
    cluster = served(sdep())
    before = {k: v for k, v in copy.deepcopy(cluster.objects).items() if k[0] != "SeldonDeployment"}
    cluster.change("mnist", changed(sdep(), "spec.predictors.0.graph.type", "ROUTER")["spec"])
    assert run(cluster) is None
    assert {k: v for k, v in cluster.objects.items() if k[0] != "SeldonDeployment"} == before
    assert cluster.status("mnist")["state"] == "Failed"
    assert "needs the service orchestrator" in cluster.status("mnist")["description"]
    assert cluster.status("mnist")["address"]["url"]
    cluster.change("mnist", sdep()["spec"])
    run(cluster)
    assert cluster.status("mnist")["state"] == "Available"


def test_what_the_api_server_refuses_changes_nothing() -> None:
    cluster = served(sdep(predictor("a")))
    cluster.invalid.add("mnist-b-0-classifier")
    both = sdep(predictor("a", traffic=50, replicas=3), predictor("b", traffic=50))
    cluster.change("mnist", both["spec"])
    assert run(cluster) == RETRY
    assert cluster.requests == []
    assert "mnist-b-0-classifier is invalid" in cluster.status("mnist")["description"]


def test_others_objects_are_not_taken_over() -> None:
    cluster = Cluster(sdep())
    theirs = {"metadata": {"name": "mnist-default", "namespace": "workbench", "uid": "x"}, "spec": {"mine": True}}
    cluster.objects[("Service", "mnist-default")] = theirs
    assert run(cluster) == RETRY
    assert cluster.objects[("Service", "mnist-default")] == theirs
    assert cluster.requests == []
    assert "Service mnist-default exists and belongs to something else" in cluster.status("mnist")["description"]


def test_a_deployment_of_another_edition_is_made_anew() -> None:
    """Its selector cannot be changed."""
    cluster = served(sdep())
    name = "mnist-default-0-classifier"
    other = cluster.objects[("Deployment", name)]
    other["spec"]["selector"]["matchLabels"] = {"seldon-deployment-id": "mnist", "seldon-app-svc-classifier": "x"}
    run(cluster)
    assert cluster.requests == [f"delete Deployment {name}", f"apply Deployment {name}"]
    cluster.roll_out()
    run(cluster)
    assert cluster.status("mnist")["state"] == "Available"


def test_a_removed_predictors_pods_outlive_its_route() -> None:
    cluster, clock = served(sdep(predictor("a", traffic=50), predictor("b", traffic=50))), Clock()
    reconciler = Reconciler(cluster, Options(), clock)
    cluster.change("mnist", sdep(predictor("b"))["spec"])
    assert run(cluster, reconciler=reconciler) is not None
    assert cluster.names("Mapping") == routes("b")
    assert "mnist-a-0-classifier" in cluster.names("Deployment")
    clock.now = GRACE - 1
    assert run(cluster, reconciler=reconciler) == pytest.approx(1)
    assert "mnist-a-0-classifier" in cluster.names("Deployment")
    clock.now = GRACE
    assert run(cluster, reconciler=reconciler) is None
    assert cluster.names("Deployment") == {"mnist-b-0-classifier"}
    assert cluster.names("Service") == {"mnist-b", "mnist-b-classifier"}
    assert cluster.status("mnist")["state"] == "Available"


def test_a_replaced_predictor_serves_until_the_new_one_does() -> None:
    cluster, clock = served(sdep(predictor("a"))), Clock()
    reconciler = Reconciler(cluster, Options(), clock)
    cluster.change("mnist", sdep(predictor("b"))["spec"])
    run(cluster, reconciler=reconciler)
    clock.now = 10 * GRACE
    run(cluster, reconciler=reconciler)
    assert cluster.names("Mapping") == routes("a")
    assert cluster.names("Deployment") == {"mnist-a-0-classifier", "mnist-b-0-classifier"}
    cluster.roll_out()
    run(cluster, reconciler=reconciler)
    assert cluster.names("Mapping") == routes("b")


def test_an_update_that_never_gets_ready_keeps_the_route() -> None:
    cluster = served(sdep())
    cluster.change("mnist", changed(sdep(), IMAGE, "broken")["spec"])
    run(cluster)
    deployment = cluster.objects[("Deployment", "mnist-default-0-classifier")]
    deployment["status"]["observedGeneration"] = deployment["metadata"]["generation"]
    deployment["status"] |= {"replicas": 2, "updatedReplicas": 1}
    for name in routes("default"):
        del cluster.objects[("Mapping", name)]
    run(cluster)
    assert cluster.names("Mapping"), "the old Pods answer still"
    assert cluster.status("mnist")["state"] == "Creating"


def test_a_deleted_object_is_left_to_the_garbage_collector() -> None:
    cluster = served(sdep())
    cluster.objects[("SeldonDeployment", "mnist")]["metadata"]["deletionTimestamp"] = "now"
    del cluster.objects[("Service", "mnist-default")]
    assert run(cluster) is None
    assert cluster.requests == []
    del cluster.objects[("SeldonDeployment", "mnist")]
    assert run(cluster) is None


def test_another_operators_object_is_not_touched() -> None:
    cluster = Cluster(sdep())
    cluster.objects[("SeldonDeployment", "mnist")]["metadata"]["labels"] = {"seldon.io/controller-id": "theirs"}
    assert run(cluster) is None
    assert cluster.requests == []


@pytest.mark.parametrize(("status", "told"), [(403, True), (404, True), (500, False), (0, False), (409, False)])
def test_errors_of_the_api_server_are_for_the_queue(status: int, told: bool) -> None:
    cluster = Cluster(sdep())
    cluster.broken["Mapping"] = status
    with pytest.raises(ApiError):
        run(cluster)
    assert ("tried again" in cluster.status("mnist").get("description", "")) is told


def test_which_answers_blame_the_object() -> None:
    typo = "failed to create typed patch object (w/m; apps/v1, Kind=Deployment): .spec.x: field not declared in schema"
    assert [ApiError(400, "").invalid, ApiError(422, "").invalid, ApiError(500, typo).invalid] == [True] * 3
    assert [ApiError(500, "etcdserver: timeout").invalid, ApiError(409, "").invalid, ApiError(0, "").invalid] == [
        False
    ] * 3
