"""Killed at any moment and run again, an installer ends where one that was never killed does."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_objects import Obj, config_map, crd, custom, deployment, namespace
from api_server import Server
from killing import KILLED, Runner, check_ledger, deployments_run, running, state, write
from slipway.kube import Client, Ref
from slipway.release.state.namespace import NAMESPACE

GROUP = "resume.example.com"
PLACES = ("resume-base", "resume-app")
SEED, RANDOM_KILLS = 7, 50


def hook(name: str, resources: str) -> Obj:
    """Asked for every custom resource, and there is nothing behind it: ignored."""
    service = {"name": "nobody", "namespace": PLACES[0], "path": "/"}
    rule = {"apiGroups": [GROUP], "apiVersions": ["v1"], "operations": ["*"], "resources": [resources]}
    webhook = {
        "name": f"{name}.{GROUP}",
        "clientConfig": {"service": service, "caBundle": "QQ=="},
        "rules": [rule],
        "failurePolicy": "Ignore",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 1,
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [webhook],
    }


def components(edition: str) -> dict[str, dict[str, Any]]:
    """Six components; between the editions a and b objects change, come and go, of every stage."""
    base, app = PLACES
    secret = {"name": "login", "namespace": base, "keys": {"username": {"literal": "x"}, "password": {"random": 16}}}
    more = {"name": f"only-{edition}", "namespace": base, "keys": {"token": {"random_hex": 16}}}
    derived = {"name": "file", "namespace": app, "kind": "htpasswd", "from": f"{base}/login"}
    maps = [config_map(app, f"part-{number}", edition=edition) for number in range(4)]
    kinds = [crd(GROUP, "Boat"), crd(GROUP, "Pier")]
    kinds[0]["metadata"]["annotations"] = {"example.com/edition": edition}
    image, first = f"slipway.local/base:{edition}", [namespace(base), config_map(base, f"only-{edition}")]
    return {
        "base": {"objects": first, "spec": {"secrets": [secret, more]}},
        "kinds": {"objects": kinds, "spec": {"requires": ["base"]}},
        "hooks": {"objects": [hook("boats", "boats"), hook(f"only-{edition}", "*")], "spec": {"requires": ["kinds"]}},
        "store": {"objects": [deployment(base, "store", image)], "spec": {"requires": ["base"]}},
        "app": {
            "objects": [
                namespace(app),
                *maps,
                deployment(app, "web", image),
                deployment(app, f"only-{edition}"),
                custom(GROUP, "Boat", app, "kept", 1 if edition == "a" else 2),
                custom(GROUP, "Boat", app, f"only-{edition}"),
            ],
            "spec": {"requires": ["kinds", "store"], "secrets": [derived]},
        },
        "last": {"objects": [config_map(app, "last", edition=edition)], "spec": {"requires": ["app", "hooks"]}},
    }


class Harbour:
    """The two editions' trees, and the state that each leaves when nobody disturbs it."""

    def __init__(self, client: Client, runner: Runner, directory: Path) -> None:
        self.client, self.runner = client, runner
        self.roots = {edition: write(directory / edition, components(edition)) for edition in "ab"}
        parts = [part for edition in "ab" for part in components(edition).values()]
        self.kinds = {(obj["apiVersion"], obj["kind"]) for part in parts for obj in part["objects"]} | {
            ("v1", "Secret")
        }
        self.states: dict[str, dict[str, Obj]] = {}
        self.traces: dict[str, list[str]] = {}
        self.now = "a"
        runner.done("install", self.roots["a"])
        for edition in "ba":
            runner.done("install", self.roots[edition])
            self.states[edition], self.traces[edition] = state(client, self.kinds), runner.requests()

    @property
    def other(self) -> str:
        return "b" if self.now == "a" else "a"

    def killed(self, **kill: Any) -> None:
        """Go to the other edition, be killed on the way, and go on."""
        self.now = self.other
        code = self.runner.run("install", self.roots[self.now], **kill)
        # The order of parallel requests varies: the last ones may not come to be counted.
        assert code in (0, KILLED), (kill, self.runner.said.read_text())
        if code == KILLED:
            self.runner.done("install", self.roots[self.now])
        self.check(kill)

    def check(self, kill: Any, kills: int = 10) -> None:
        found, wanted = state(self.client, self.kinds), self.states[self.now]
        assert set(found) == set(wanted), kill
        for key in wanted:
            assert found[key] == wanted[key], (kill, key)
        check_ledger(self.client, kills)


@pytest.fixture(scope="module")
def harbour(module_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    directory = tmp_path_factory.mktemp("resume")
    with running(module_server.kubeconfig, directory) as runner, deployments_run(module_server.client):
        yield Harbour(module_server.client, runner, directory)


def test_the_two_editions_differ(harbour: Harbour) -> None:
    """What the other tests compare is not empty, and changes."""
    first, second = harbour.states["a"], harbour.states["b"]
    assert len(first) > 15
    assert {key for key in first if "only-a" in key}.isdisjoint(second)
    assert any(first[key] != second[key] for key in first.keys() & second.keys())


def test_at_every_boundary(harbour: Harbour) -> None:
    """Before the first request of each kind: stages, records, revisions, the lock, what is pruned."""
    kinds = sorted({kind for trace in harbour.traces.values() for kind in trace if not kind.startswith("GET")})
    wanted = ("PATCH namespaces", "PATCH customresourcedefinitions", "PATCH deployments", "PATCH boats", "POST secrets")
    assert {*wanted, "DELETE secrets", "PATCH configmaps/component", "DELETE leases/slipway"} <= set(kinds), kinds
    for kind in kinds:
        harbour.killed(at=kind)
    # What the server has done and the installer has not heard of.
    for kind in ("PATCH secrets/revision", "PATCH configmaps/release", "PATCH configmaps/component", "POST leases"):
        assert kind in kinds, kinds
        harbour.killed(at=kind, sent=True)


def test_at_every_wave(harbour: Harbour) -> None:
    """Before each component begins, and before it is said to be ready."""
    kind = "PATCH configmaps/component"
    # Each of them changes between the editions but one, and begins and ends with its record.
    count = min(trace.count(kind) for trace in harbour.traces.values())
    assert count >= 2 * (len(components("a")) - 1), harbour.traces
    for number in range(1, count + 1):
        harbour.killed(at=kind, nth=number)


def test_at_random_moments(harbour: Harbour) -> None:
    """Spread evenly over the requests of a whole run."""
    chance = random.Random(SEED)
    for number in range(RANDOM_KILLS):
        length = len(harbour.traces[harbour.other])
        harbour.killed(after=1 + int((number + chance.random()) * length / RANDOM_KILLS))


def test_again_and_again(harbour: Harbour) -> None:
    """One that never gets far still ends, and its history does not grow without bound."""
    harbour.now, kills = harbour.other, 0
    chance = random.Random(SEED)
    while harbour.runner.run("install", harbour.roots[harbour.now], after=chance.randint(15, 70)) == KILLED:
        kills += 1
        assert kills < 100
    harbour.runner.done("install", harbour.roots[harbour.now])
    harbour.check("again and again", kills + 10)


def test_an_uninstallation_and_the_installation_after_it(harbour: Harbour) -> None:
    """Killed while it deletes, and while everything is made from nothing."""
    chance, code = random.Random(SEED), KILLED
    for _ in range(6):
        if code == KILLED:
            code = harbour.runner.run("uninstall", after=chance.randint(20, 120))
    harbour.runner.done("uninstall")
    assert state(harbour.client, harbour.kinds) == {}
    assert harbour.client.get("v1", "Namespace", NAMESPACE) is None
    for _ in range(6):
        harbour.runner.run("install", harbour.roots[harbour.now], after=chance.randint(20, 150))
    harbour.runner.done("install", harbour.roots[harbour.now])
    harbour.check("from nothing", 6)
    for place in PLACES:
        harbour.client.delete(Ref("v1", "Namespace", "", place))
