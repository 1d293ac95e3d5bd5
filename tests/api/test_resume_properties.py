"""Generated graphs and objects on a real API server: any order of installing, being killed and going on ends alike."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from api_objects import Obj, config_map, crd, custom, deployment, namespace
from api_server import Server
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from killing import Runner, check_ledger, deployments_run, running, state, write
from slipway.kube import ref_of

GROUP, NAMES = "props.example.com", ("one", "two", "three")
KINDS = {("v1", "Namespace"), ("v1", "ConfigMap"), ("apps/v1", "Deployment"), (f"{GROUP}/v1", "Boat")}
KINDS |= {("apiextensions.k8s.io/v1", "CustomResourceDefinition")}
EXAMPLES = 4
_numbers = itertools.count()


@st.composite
def trees(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Components in any graph without circles. The first of the order brings the kind that the others use."""
    order = draw(st.permutations(NAMES))
    found: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(order):
        place = f"props-{name}"
        objects: list[Obj] = [namespace(place)]
        for key in sorted(draw(st.sets(st.sampled_from("abcd"), min_size=1))):
            value = draw(st.sampled_from("12"))
            objects.append(
                {
                    "a": config_map(place, "a", value=value),
                    "b": config_map(place, "b", value=value),
                    "c": deployment(place, "c", f"slipway.local/base:{value}"),
                    "d": custom(GROUP, "Boat", place, "d", int(value)),
                }[key]
            )
        requires = draw(st.sets(st.sampled_from(order[:number]))) | {order[0]} if number else set()
        objects += [] if number else [crd(GROUP, "Boat")]
        found[name] = {"objects": draw(st.permutations(objects)), "spec": {"requires": sorted(requires)}}
    return found


kills = st.lists(st.integers(1, 90), max_size=3)


@pytest.fixture(scope="module")
def runner(module_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    directory = tmp_path_factory.mktemp("properties")
    with running(module_server.kubeconfig, directory) as found, deployments_run(module_server.client):
        yield found


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(tree=trees(), changes=st.data())
def test_any_order_ends_alike(
    module_server: Server, runner: Runner, tree: dict[str, dict[str, Any]], changes: st.DataObject
) -> None:
    client = module_server.client
    killed = 0
    for parts in (tree, {**tree, **changed(tree, changes)}):
        root = write(runner.directory / str(next(_numbers)), parts)
        for after in changes.draw(kills, label="kills"):
            runner.run("install", root, after=after)
            killed += 1
        runner.done("install", root)
        found = state(client, KINDS)
        wanted = {f"{obj['apiVersion']} {ref_of(obj)}": obj for part in parts.values() for obj in part["objects"]}
        assert set(found) == set(wanted)
        for key, obj in wanted.items():
            if obj["kind"] == "ConfigMap":
                assert found[key]["data"] == obj["data"]
            if obj["kind"] == "Boat":
                assert found[key]["spec"] == obj["spec"]
        check_ledger(client, killed)
    runner.done("uninstall")
    assert state(client, KINDS) == {}


def changed(tree: dict[str, dict[str, Any]], data: st.DataObject) -> dict[str, dict[str, Any]]:
    """Some components without some of their objects, namespaces and kinds apart, which hold others."""
    found = {}
    for name in data.draw(st.sets(st.sampled_from(sorted(tree))), label="changed"):
        part = tree[name]
        stays = [o for o in part["objects"] if o["kind"] in ("Namespace", "CustomResourceDefinition")]
        others = [o for o in part["objects"] if o not in stays]
        found[name] = {**part, "objects": [*stays, *others[: data.draw(st.integers(0, len(others)))]]}
    return found
