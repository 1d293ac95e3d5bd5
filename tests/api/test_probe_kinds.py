"""Probes that a component.yaml says as data, on a real API server: what passes, is waited for, and is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from api_objects import namespace
from eventually import eventually
from slipway import paths
from slipway.catalog.load import read_component
from slipway.errors import NotYet, SlipwayError
from slipway.kube import Client
from slipway.progress import Reporter
from slipway.readiness import probe
from slipway.readiness.context import ProbeContext
from slipway.readiness.kinds import condition, dry_run
from slipway.readiness.kinds import http as http_kind
from slipway.render.kustomize import build

OPERATOR = "manifests/training-operator/1.9.4"
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "asked", "namespace": "{project}"},
    "spec": {"ports": [{"port": 80}]},
}


@pytest.fixture
def ctx(client: Client, unique: str) -> ProbeContext:
    client.apply(namespace(unique))
    return ProbeContext(client, unique, {}, "", "", Reporter())


def asked(ctx: ProbeContext, **spec: object) -> str:
    base = {"says": "it answers", "namespace": ctx.project, "service": "web", "port": 80, "path": "/healthz"}
    return http_kind.run(ctx, "one", {**base, **spec})


def test_a_server_is_waited_for_unless_the_overlay_has_none(ctx: ProbeContext) -> None:
    assert asked(ctx, optional=True) == "no web in this overlay"
    with pytest.raises(NotYet, match="does not exist"):
        asked(ctx)
    ctx.kube.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": ctx.project},
                    "spec": {"ports": [{"name": "http", "port": 80}]}})  # fmt: skip
    with pytest.raises(NotYet, match='no endpoints available for service "web"'):
        asked(ctx)


def test_an_answer_is_its_status_and_its_text(ctx: ProbeContext) -> None:
    """Of the API server itself, which answers as what is behind it."""
    assert http_kind.get(ctx, "/readyz", "here") == (200, "ok")
    status, text = http_kind.get(ctx, "/version", "here")
    assert status == 200 and '"gitVersion"' in text
    assert http_kind.get(ctx, f"/api/v1/namespaces/{ctx.project}/pods/none", "here")[0] == 404


def steps(ctx: ProbeContext, *found: dict[str, Any]) -> str:
    return dry_run.run(ctx, "one", {"says": "it judges", "steps": list(found)})


def test_dry_run_creates_are_let_in_with_defaults_or_refused_and_store_nothing(ctx: ProbeContext) -> None:
    good = {"object": SERVICE, "answer": {"spec": {"type": "ClusterIP"}}}
    bad = {"change": {"spec": {"ports": [{"port": 99999}]}}, "refused": "spec.ports[0].port"}
    assert steps(ctx, good, bad) == "it judges"
    assert ctx.kube.get("v1", "Service", "asked", ctx.project) is None
    with pytest.raises(SlipwayError, match=r"got no defaults: spec.type is \"ClusterIP\""):
        steps(ctx, {**good, "answer": {"spec": {"type": "NodePort"}}})
    with pytest.raises(SlipwayError, match="a good Service was refused") as refused:
        steps(ctx, good, {"change": bad["change"], "remedy": "no", "remedies": {"spec.ports": "mend the port"}})
    assert refused.value.remedy == "mend the port"
    with pytest.raises(SlipwayError, match="a wrong Service was let in"):
        steps(ctx, {**good, "refused": "never"})
    with pytest.raises(SlipwayError, match="refused for another reason"):
        steps(ctx, good, {**bad, "refused": "never"})


def test_the_training_operators_probe_misses_its_webhook(ctx: ProbeContext) -> None:
    ctx.kube.apply(namespace("kubeflow"))
    for obj in build(paths.distribution() / OPERATOR / "crds", "crds"):
        ctx.kube.apply(obj)
    component = read_component(paths.distribution() / OPERATOR, f"{OPERATOR}/component.yaml")

    def missed() -> bool:
        with pytest.raises(SlipwayError) as caught:
            probe.find(component, component.probes[0])(ctx)
        return "a wrong TFJob was let in" in caught.value.what and "validatingwebhook" in caught.value.remedy

    eventually(missed, "the API server knows TFJobs")


def definition(group: str) -> dict[str, Any]:
    """Something that the API server itself takes to a condition."""
    schema = {"openAPIV3Schema": {"type": "object"}}
    names = {"kind": "Boat", "plural": "boats", "singular": "boat"}
    spec = {"group": group, "scope": "Namespaced", "names": names}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"boats.{group}"},
        "spec": {**spec, "versions": [version]},
    }


def test_an_object_reaches_a_condition_and_goes_again(ctx: ProbeContext, unique: str) -> None:
    spec = {"says": "a kind was established", "object": definition(f"{unique}.example.com"), "reached": ["Established"]}
    assert condition.run(ctx, "one", spec).startswith("a kind was established in ")
    eventually(
        lambda: (
            ctx.kube.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"boats.{unique}.example.com") is None
        ),
        "it is gone",
    )


@pytest.mark.parametrize(
    ("states", "wrong"),
    [
        ({"reached": ["Sunk"], "failed": ["Established"]}, "is Established: the initial names have been accepted"),
        ({"reached": ["Sunk"], "seconds": 1}, "not Sunk within 1 s: it is NamesAccepted, Established"),
        ({"path": "status.phase", "reached": ["Sunk"], "seconds": 1}, "its controller has not seen it"),
    ],
)
def test_an_object_that_does_not_get_there_says_where_it_is(
    ctx: ProbeContext, unique: str, states: dict[str, Any], wrong: str
) -> None:
    spec = {"says": "never", "object": definition(f"{unique}.example.com"), **states}
    with pytest.raises(SlipwayError) as caught:
        condition.run(ctx, "one", spec)
    assert wrong in caught.value.what
