"""status: from Deployments as they are to what a user reads."""

from typing import Any

from seldon_examples import predictor, sdep
from slipway_seldon import rollout, status
from slipway_seldon.model import Model
from slipway_seldon.parse import parse

Obj = dict[str, Any]
NOW, LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"


def deployment(
    name: str = "mnist-default-0-classifier",
    *,
    available: bool = True,
    updated: int = 1,
    total: int = 1,
    progressing: bool = True,
    generation: int = 1,
    observed: int = 1,
) -> Obj:
    """A Deployment of one replica."""
    conditions = [
        {
            "type": "Available",
            "status": str(available),
            "reason": "MinimumReplicasAvailable" if available else "Min…Un",
        },
        {"type": "Progressing", "status": str(progressing), "message": "ReplicaSet has timed out progressing."},
    ]
    return {
        "metadata": {"name": name, "generation": generation},
        "spec": {"replicas": 1},
        "status": {
            "observedGeneration": observed,
            "replicas": total,
            "updatedReplicas": updated,
            "availableReplicas": int(available),
            "conditions": conditions,
        },
    }


def observed(*deployments: Obj, model: Model | None = None, routed: bool = True, old: Obj | None = None) -> Obj:
    live = {d["metadata"]["name"]: d for d in deployments}
    return status.observed(model or parse(sdep()), live, routed, old or {}, 1, NOW)


def condition(found: Obj, kind: str) -> Obj:
    return next(c for c in found["conditions"] if c["type"] == kind)


def test_available() -> None:
    found = observed(deployment())
    assert (found["state"], found["description"], found["replicas"]) == ("Available", "", 1)
    assert found["deploymentStatus"] == {"mnist-default-0-classifier": {"replicas": 1, "availableReplicas": 1}}
    assert found["serviceStatus"]["mnist-default"] == {
        "svcName": "mnist-default",
        "httpEndpoint": "mnist-default.workbench:8000",
        "grpcEndpoint": "mnist-default.workbench:5001",
    }
    assert (
        found["serviceStatus"]["mnist-default-classifier"]["httpEndpoint"] == "mnist-default-classifier.workbench:9000"
    )
    assert found["address"]["url"] == "http://mnist-default.workbench.svc.cluster.local:8000/api/v1.0/predictions"
    assert {c["type"]: c["status"] for c in found["conditions"]} == dict.fromkeys(
        (
            "AmbassadorMappingsReady", "DeploymentsReady", "HpasReady", "KedaReady", "PdbsReady", "Ready",
            "ServicesReady", "istioVirtualServicesReady",
        ),
        "True",
    )  # fmt: skip


def test_creating_says_how_far_it_is() -> None:
    found = observed(deployment(available=False), routed=False)
    assert found["state"] == "Creating"
    assert "0 are available" in found["description"]
    assert condition(found, "Ready")["status"] == "False"
    assert condition(found, "AmbassadorMappingsReady")["status"] == "False"


def test_not_before_the_deployment_controller_has_seen_the_spec() -> None:
    assert observed(deployment(generation=2, observed=1))["state"] == "Creating"
    assert observed()["state"] == "Creating"


def test_not_before_old_pods_are_gone() -> None:
    assert observed(deployment(total=2))["state"] == "Creating"


def test_not_before_the_gateway_knows() -> None:
    assert observed(deployment(), routed=False)["state"] == "Creating"


def test_what_the_gateway_does_not_serve_is_not_available() -> None:
    live = {"mnist-default-0-classifier": deployment()}
    found = status.observed(parse(sdep()), live, True, {}, 1, NOW, status.Reasons(gateway=("It does not serve it.",)))
    assert (found["state"], found["description"]) == ("Creating", "It does not serve it.")
    assert condition(found, "AmbassadorMappingsReady")["message"] == "It does not serve it."


def test_failed_when_it_neither_progresses_nor_answers() -> None:
    found = observed(deployment(available=False, progressing=False), routed=False)
    assert found["state"] == "Failed"
    assert "timed out progressing" in found["description"]


def test_a_stalled_update_says_that_the_old_version_serves() -> None:
    found = observed(deployment(available=True, updated=1, total=2, progressing=False))
    assert found["state"] == "Creating"
    assert "The previous version goes on serving." in found["description"]


def test_one_predictor_that_lags_holds_the_state() -> None:
    model = parse(sdep(predictor("a", traffic=50), predictor("b", traffic=50)))
    good, lagging = deployment("mnist-a-0-classifier"), deployment("mnist-b-0-classifier", available=False)
    found = observed(good, lagging, model=model)
    assert found["state"] == "Creating"
    assert "mnist-b" in found["description"]
    assert "mnist-a" not in found["description"]
    assert set(found["deploymentStatus"]) == {"mnist-a-0-classifier", "mnist-b-0-classifier"}


def test_no_replicas_are_complete() -> None:
    none = deployment(updated=0, total=0)
    none["spec"]["replicas"] = 0
    none["status"]["availableReplicas"] = 0
    assert rollout.complete(none)


def test_times_change_only_with_the_status() -> None:
    first = observed(deployment())
    again = status.observed(parse(sdep()), {"mnist-default-0-classifier": deployment()}, True, first, 1, LATER)
    assert again == first
    down = status.observed(parse(sdep()), {}, True, first, 1, LATER)
    assert condition(down, "Ready")["lastTransitionTime"] == LATER
    assert condition(down, "ServicesReady")["lastTransitionTime"] == NOW


def test_a_refusal_keeps_what_serves() -> None:
    before = observed(deployment())
    found = status.refused(before, ["It cannot be.", "Nor that."], 2, LATER)
    assert (found["state"], found["description"]) == ("Failed", "It cannot be. Nor that.")
    assert found["deploymentStatus"] == before["deploymentStatus"]
    assert found["address"] == before["address"]
    assert condition(found, "Ready")["message"] == "It cannot be. Nor that."
    assert condition(found, "DeploymentsReady")["status"] == "True"
    assert found["observedGeneration"] == 2


def test_a_status_by_another_hand_does_no_harm() -> None:
    assert status.refused({"conditions": "none"}, ["No."], 1, NOW)["state"] == "Failed"
    assert status.refused({"conditions": [5, {}, {"type": "Ready"}]}, ["No."], 1, NOW)["state"] == "Failed"
