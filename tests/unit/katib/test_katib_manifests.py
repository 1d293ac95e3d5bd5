"""The CRDs agree with the controller, the role with what the controller does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from slipway.readiness.probes.katib import experiment as probe_experiment
from slipway_katib.defaults import with_defaults
from slipway_katib.names import JOB_KINDS
from slipway_katib.validation import problems_of

ROOT = Path(__file__).resolve().parents[3] / "manifests/katib/0.19.0"


def schema_of(kind: str) -> dict[str, Any]:
    crd = yaml.safe_load((ROOT / f"crds/{kind}s.yaml").read_text())
    (version,) = crd["spec"]["versions"]
    return dict(version["schema"]["openAPIV3Schema"])


def defaulted(schema: dict[str, Any], value: Any) -> Any:
    """What the API server makes of an object: defaults of the schema filled in."""
    if not isinstance(value, dict):
        return [defaulted(schema.get("items", {}), item) for item in value] if isinstance(value, list) else value
    out = {key: defaulted(schema.get("properties", {}).get(key, {}), item) for key, item in value.items()}
    for key, part in schema.get("properties", {}).items():
        if "default" in part:
            out.setdefault(key, part["default"])
    return out


def test_the_schema_takes_an_experiment(experiment: Callable[..., dict[str, Any]]) -> None:
    jsonschema.Draft202012Validator(schema_of("experiment")).validate(experiment())


def test_the_schema_has_the_defaults_of_the_controller(experiment: Callable[..., dict[str, Any]]) -> None:
    obj = experiment(parallelTrialCount=None)
    stored = defaulted(schema_of("experiment"), obj)
    assert stored["spec"]["parallelTrialCount"] == 3
    assert with_defaults(stored["spec"]) == with_defaults(obj["spec"])


@pytest.mark.parametrize(
    "spec",
    [
        {"maxTrialCount": "four"},
        {"objective": {"goal": "0.9"}},
        {"parameters": [{"name": "a", "feasibleSpace": {"min": 0.1}}]},
        {"metricsCollectorSpec": {"source": {"filter": {"metricsFormat": "x"}}}},
    ],
)
def test_the_schema_refuses_wrong_types(experiment: Callable[..., dict[str, Any]], spec: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(experiment(**spec), schema_of("experiment"))


@pytest.mark.parametrize("kind", ["experiment", "suggestion", "trial"])
def test_the_last_condition_is_what_get_prints(kind: str) -> None:
    crd = yaml.safe_load((ROOT / f"crds/{kind}s.yaml").read_text())
    columns = {c["name"]: c["jsonPath"] for c in crd["spec"]["versions"][0]["additionalPrinterColumns"]}
    assert columns["Type"] == ".status.conditions[-1:].type"
    assert columns["Status"] == ".status.conditions[-1:].status"
    assert crd["spec"]["names"]["categories"] == ["all", "kubeflow", "katib"]
    assert crd["spec"]["versions"][0]["subresources"] == {"status": {}}


def test_the_role_lets_it_run_every_kind_of_job_and_nothing_wild() -> None:
    rules = next(yaml.safe_load_all((ROOT / "compact/cluster-role.yaml").read_text()))["rules"]
    allowed = {(group, name): set(r["verbs"]) for r in rules for group in r["apiGroups"] for name in r["resources"]}
    assert not any("*" in (*place, *verbs) for place, verbs in allowed.items())
    for kind, (version, _) in JOB_KINDS.items():
        place = (version.partition("/")[0], kind.lower() + "s")
        assert allowed[place] == {"get", "list", "watch", "create", "delete"}
    assert ("", "secrets") not in allowed


def test_the_probe_is_a_good_experiment() -> None:
    spec = with_defaults(probe_experiment("slipway-probe-abcdef", "ns")["spec"])
    assert problems_of("slipway-probe-abcdef", spec, spec["trialTemplate"]["trialSpec"]) == []
