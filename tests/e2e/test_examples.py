"""The files of examples/ do what the README says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.kube import Client, Obj, ref_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def _objects(path: Path) -> list[Obj]:
    return [obj for obj in yaml.safe_load_all(path.read_text(encoding="utf-8")) if obj]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_api_server_takes_every_example(kube: Client, path: Path) -> None:
    for obj in _objects(path):
        if "name" in obj["metadata"]:
            kube.apply(obj, dry_run=True, manager="example-test")
        else:
            kube.create(obj, dry_run=True)


@pytest.fixture
def experiment(kube: Client) -> Iterator[Obj]:
    """The example's Experiment, in the cluster."""
    (obj,) = _objects(EXAMPLES / "experiment.yaml")
    kube.apply(obj, manager="example-test")
    yield obj
    kube.delete(ref_of(obj))


def test_the_experiment_ends_with_its_best_trial(kube: Client, experiment: Obj, eventually: Callable[..., Any]) -> None:
    ref = ref_of(experiment)

    def status() -> Obj | None:
        live = kube.get(ref.api_version, ref.kind, ref.name, ref.namespace)
        found: Obj = (live or {}).get("status") or {}
        over = {c["type"] for c in found.get("conditions", []) if c["status"] == "True"} & {"Succeeded", "Failed"}
        # The goal counts as reached when a trial's value is known, a moment before the trial itself counts as done.
        settled = "trialsSucceeded" in found or "Failed" in over
        return found if over and settled else None

    found = eventually(status, timeout=240, what="the experiment is over")
    assert found["conditions"][-1]["type"] == "Succeeded"
    (metric,) = found["currentOptimalTrial"]["observation"]["metrics"]
    assert metric["name"] == "loss"
    best = {item["name"]: float(item["value"]) for item in found["currentOptimalTrial"]["parameterAssignments"]}
    assert float(metric["min"]) == pytest.approx((best["x"] - 0.5) ** 2 + 0.001 * best["steps"])
    assert found["trialsSucceeded"] == len(found["succeededTrialList"]) >= 1
