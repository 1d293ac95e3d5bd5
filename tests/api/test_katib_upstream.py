"""Katib's CRDs under both controllers: all that upstream's writes is kept, what compact's must not allow is refused."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_objects import namespace
from eventually import eventually
from katib_upstream import upstream_probe
from slipway import paths
from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError, Client, Obj, Ref, ref_of
from slipway.progress import Reporter
from slipway.readiness.context import ProbeContext
from slipway.readiness.probes.katib import API, experiment
from slipway.render.kustomize import build

ROOT = paths.distribution() / "manifests/katib/0.19.0"
WRITTEN = list(yaml.safe_load_all((Path(__file__).parent / "katib/as-upstream-writes.yaml").read_text()))
SERVICE: Obj = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "katib-controller", "namespace": "kubeflow"},
}
COUNTS = {"parallelTrialCount": 1, "maxTrialCount": 5, "maxFailedTrialCount": 2}


@pytest.fixture
def place(client: Client, unique: str) -> Iterator[str]:
    """A namespace, with Katib's CRDs established; emptied in the end, for other tests count such objects."""
    client.apply(namespace(unique))
    for obj in build(ROOT / "crds", "crds"):
        client.apply(obj)
    client.refresh_discovery()
    probe = Ref(API, "Trial", unique, "none")
    eventually(lambda: client.get(probe.api_version, probe.kind, probe.name, unique) is None, "the CRDs are served")
    yield unique
    for kind in ("Experiment", "Suggestion", "Trial"):
        for obj in client.objects(API, kind, unique):
            client.patch(ref_of(obj), {"metadata": {"finalizers": None}})
            client.delete(ref_of(obj))


@pytest.fixture
def policy(client: Client, place: str) -> Iterator[Ref]:
    """An Experiment that the compact edition's policy protects already."""
    objects = list(yaml.safe_load_all((ROOT / "compact/policy.yaml").read_text()))
    for obj in objects:
        client.apply(obj)
    made = eventually(lambda: client.create(experiment("protected", place)), "an Experiment is made")
    wrong = {"spec": {"resumePolicy": "LongRunning"}}
    eventually(lambda: refused(client, ref_of(made), wrong), "the policy is in force")
    yield ref_of(made)
    for obj in objects:
        client.delete(ref_of(obj))


def refused(client: Client, ref: Ref, change: Obj) -> str:
    """The API server's words against a change, which is not made in any case; "" when it would be."""
    path = client.resource(ref.api_version, ref.kind).path(ref.namespace, ref.name)
    try:
        client.request("PATCH", path, body=change, query={"dryRun": "All"}, content_type="application/merge-patch+json")
    except ApiError as error:
        return error.what
    return ""


@pytest.mark.parametrize("written", WRITTEN, ids=lambda obj: f"{obj['kind']}-{obj['metadata']['name']}")
def test_what_upstream_writes_is_kept(client: Client, place: str, written: Obj) -> None:
    """As its controller does it: the object, then the status, then the object once more."""
    obj = copy.deepcopy(written)
    obj["metadata"]["namespace"] = place
    status = obj.pop("status")
    made = eventually(lambda: client.create(obj), "it is made")
    ref = ref_of(made)
    path = client.resource(ref.api_version, ref.kind).path(place, ref.name)
    told = client.request("PUT", f"{path}/status", body={**made, "status": status})
    assert told["status"] == status
    again = client.request("PUT", path, body=told)
    assert again["spec"] == made["spec"]
    assert again["status"] == status
    assert filled_in(again["spec"], obj["spec"]) == []


def filled_in(stored: Any, given: Any, where: str = "spec") -> list[str]:
    """Where what is stored is another than what was given; all that upstream writes has its defaults already."""
    if isinstance(stored, dict) and isinstance(given, dict):
        keys = sorted({*stored, *given})
        return [fault for key in keys for fault in filled_in(stored.get(key), given.get(key), f"{where}.{key}")]
    return [] if stored == given else [f"{where}: {given!r} became {stored!r}"]


def test_an_object_may_be_written_in_upstreams_form(client: Client, place: str) -> None:
    """Its controller leaves out what is false or empty, in Experiments that were made without its webhooks, too."""
    obj = experiment("plain", place)
    obj["spec"]["trialTemplate"]["retain"] = False
    made = eventually(lambda: client.create(obj), "it is made")
    del made["spec"]["trialTemplate"]["retain"]
    made["spec"]["objective"]["metricStrategies"] = [{"name": "loss", "value": "min"}]
    made["metadata"]["finalizers"] = ["update-prometheus-metrics"]
    path = client.resource(API, "Experiment").path(place, "plain")
    assert client.request("PUT", path, body=made)["metadata"]["finalizers"] == made["metadata"]["finalizers"]


@pytest.mark.parametrize(
    "spec",
    [
        {"objective": {"goal": 0.5}},
        {"algorithm": {"algorithmName": "tpe"}},
        {"parameters": []},
        {"parameters": None},
        {"trialTemplate": {"retain": True}},
        {"trialTemplate": {"trialSpec": {"spec": {"backoffLimit": 3}}}},
        {"metricsCollectorSpec": {"collector": {"kind": "File"}}},
        {"earlyStopping": {"algorithmName": "medianstop"}},
        {"nasConfig": {"graphConfig": {"numLayers": 1}}},
    ],
)
def test_the_policy_refuses_another_search(client: Client, policy: Ref, spec: Obj) -> None:
    assert "are editable" in refused(client, policy, {"spec": spec})


def test_the_policy_lets_counts_labels_and_finalizers_be(client: Client, policy: Ref) -> None:
    meta = {"labels": {"team": "a"}, "finalizers": ["example.org/one"]}
    assert client.patch(policy, {"spec": COUNTS, "metadata": meta})["spec"]["maxTrialCount"] == 5
    client.delete(policy)
    client.patch(policy, {"metadata": {"finalizers": None}})
    eventually(lambda: client.get(API, policy.kind, policy.name, policy.namespace) is None, "it is gone")


@pytest.fixture
def unanswered(client: Client, place: str) -> Iterator[str]:
    """Upstream's webhooks, and nobody who answers them."""
    client.apply(namespace("kubeflow"))
    service = {"type": "ExternalName", "externalName": "localhost"}
    client.apply({**SERVICE, "spec": service})
    hooks = list(yaml.safe_load_all((ROOT / "upstream/controller/webhooks.yaml").read_text()))
    for obj in hooks:
        for hook in obj["webhooks"]:
            # No port that anything listens on.
            hook["clientConfig"]["service"]["port"] = 1
        client.apply(obj)
    yield place
    for obj in (*hooks, SERVICE):
        client.delete(ref_of(obj))


def probe(client: Client, place: str) -> str:
    return upstream_probe(ProbeContext(client, place, {}, "", "", Reporter()))


def test_the_probe_waits_for_webhooks_that_do_not_answer(client: Client, unanswered: str) -> None:
    def asked() -> bool:
        with pytest.raises(SlipwayError) as caught:
            probe(client, unanswered)
        return caught.type is NotYet and "failed calling webhook" in caught.value.what

    eventually(asked, "the API server asks the webhooks")


def test_the_probe_misses_webhooks_that_are_not_there(client: Client, place: str) -> None:
    def told() -> bool:
        with pytest.raises(SlipwayError) as caught:
            probe(client, place)
        return "got no defaults" in caught.value.what

    eventually(told, "the probe finds no defaults")
