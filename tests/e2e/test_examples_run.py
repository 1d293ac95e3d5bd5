"""Each example, applied as it stands, does what its first lines say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from seldon_models import ask, client
from slipway.kube import Client, Obj, ref_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Eventually = Callable[..., Any]
Place = Callable[[str], list[Obj]]


@pytest.fixture
def place(kube: Client) -> Iterator[Place]:
    """Put an example's objects into the cluster; they go at the end."""
    made: list[Obj] = []

    def put(name: str) -> list[Obj]:
        objects = [obj for obj in yaml.safe_load_all((EXAMPLES / name).read_text()) if obj]
        for obj in objects:
            named = "name" in obj["metadata"]
            made.append(kube.apply(obj, manager="example-test") if named else kube.create(obj))
        return made[-len(objects) :]

    yield put
    for obj in reversed(made):
        kube.delete(ref_of(obj))


def finished(kube: Client, eventually: Eventually, obj: Obj) -> Obj:
    """The object when its last condition, or its phase, is one of an end."""
    meta = obj["metadata"]

    def asked() -> Obj | None:
        status = (kube.get(obj["apiVersion"], obj["kind"], meta["name"], meta["namespace"]) or {}).get("status") or {}
        kinds = {entry["type"] for entry in status.get("conditions") or [] if entry["status"] == "True"}
        ends = ({status.get("phase")} | kinds) & {"Succeeded", "Failed", "Error"}
        return {**status, "end": ends.pop()} if ends else None

    found: Obj = eventually(asked, timeout=240, what=f"{obj['kind']} {meta['name']} has not finished")
    return found


@pytest.mark.parametrize(
    ("name", "pod"), [("pytorchjob.yaml", "line-torch-master-0"), ("tfjob.yaml", "line-tensorflow-worker-0")]
)
def test_two_processes_train_together(
    kube: Client, place: Place, eventually: Eventually, project: str, name: str, pod: str
) -> None:
    (job,) = place(name)
    assert finished(kube, eventually, job)["end"] == "Succeeded", kube.logs(project, pod)
    assert "processes=2 slope=2.0" in kube.logs(project, pod) or "processes=2 slope=1.9" in kube.logs(project, pod)


def test_the_workflow_adds_what_its_steps_found(kube: Client, place: Place, eventually: Eventually) -> None:
    (workflow,) = place("workflow.yaml")
    status = finished(kube, eventually, workflow)
    assert status["end"] == "Succeeded", status.get("message")
    nodes = {node["displayName"]: node for node in status["nodes"].values()}
    assert (nodes["three"]["outputs"]["result"], nodes["four"]["outputs"]["result"]) == ("9", "16")
    meta = workflow["metadata"]
    labels = f"workflows.argoproj.io/workflow={meta['name']}"
    logs = [
        kube.logs(meta["namespace"], pod["metadata"]["name"], "main").strip()
        for pod in kube.objects("v1", "Pod", meta["namespace"], labels=labels)
    ]
    assert [log for log in logs if log.startswith("25\n")], logs


def test_the_mapping_leads_to_its_server(place: Place, eventually: Eventually, gateway: str) -> None:
    place("mapping.yaml")
    with client() as pool:
        asked = lambda: pool.request("GET", f"{gateway}/hello/").data == b"hello from behind the gateway\n"  # noqa: E731
        eventually(asked, timeout=60, what="no answer by the Mapping")


def test_the_canary_gets_its_fifth(kube: Client, place: Place, eventually: Eventually, gateway: str) -> None:
    _, model = place("canary.yaml")
    meta = model["metadata"]

    def available() -> bool:
        found = kube.get(model["apiVersion"], model["kind"], meta["name"], meta["namespace"]) or {}
        return bool((found.get("status") or {}).get("state") == "Available")

    eventually(available, timeout=180, what="the canary is not available")
    url = f"{gateway}/seldon/{meta['namespace']}/{meta['name']}/api/v1.0/predictions"
    with client() as pool:
        eventually(lambda: ask(pool, url) == 2, timeout=60, what="the canary has had no request")
        counted = Counter(ask(pool, url) for _ in range(200))
    assert set(counted) == {1, 2}, counted
    assert 15 <= counted[2] <= 70, counted
