"""The control plane fails in the middle of an installation, and what stands in the way is named."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_objects import Obj, config_map, crd, custom, deployment, namespace
from api_server import Server
from eventually import eventually
from hook_server import Hook, answering
from slipway.catalog import Component, load_catalog
from slipway.errors import SlipwayError
from slipway.kube import Client, Ref
from slipway.progress import Reporter
from slipway.release.applying.component import Prepare
from slipway.release.applying.engine import Installation, install
from slipway.release.deletion.delete import delete_and_wait
from slipway.release.planning.plan import Plan
from slipway.release.state import inventory, revisions
from slipway.render import Facts, render
from slipway.render.images import unchanged

#: The API server that this module may break.
SERVER = "faulty_server"

Tree = Callable[..., Path]
#: Seconds of a component; nothing here waits so long unless it fails.
PATIENCE = 240
CUT_SECONDS = 20


def put(
    root: Path, client: Client, reporter: Reporter, timeout: float = PATIENCE, prepare: Prepare | None = None
) -> Installation:
    rendered = render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)
    plan = Plan("test", "workbench", rendered, dict.fromkeys(rendered, timeout))
    return install(plan, client, reporter, prepare=prepare)


def told(reporter: Reporter) -> str:
    return str(reporter.stream.getvalue())  # type: ignore[attr-defined]


def wait_for_text(reporter: Reporter, text: str) -> None:
    eventually(lambda: text in told(reporter), f"{text!r} is said")


@contextlib.contextmanager
def beside(action: Callable[[], None]) -> Iterator[None]:
    """Do something while something else runs; its failure is the test's."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            action()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join()
    assert not failed, failed


def error_of(done: Installation) -> SlipwayError:
    (outcome,) = [outcome for outcome in done.outcomes if outcome.result == "failed"]
    assert outcome.error is not None
    return outcome.error


def gate(name: str, service: str, ca: str, **rules: Any) -> Obj:
    """Every object of these kinds goes through the webhook, or not at all."""
    rule = {"apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], **rules}
    webhook = {
        "name": f"check.{name}.example.com",
        "clientConfig": {"service": {"name": service, "namespace": name, "path": "/"}, "caBundle": ca},
        "rules": [rule],
        "failurePolicy": "Fail",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 5,
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [webhook],
    }


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Hook]:
    with answering(tmp_path) as found:
        yield found


def test_a_webhook_is_taken_away_and_comes_back(
    client: Client, tree: Tree, reporter: Reporter, unique: str, hook: Hook
) -> None:
    group = f"{unique}.example.com"
    objects = [namespace(unique), crd(group, "Boat"), custom(group, "Boat", unique, "one")]
    root = tree(
        {
            unique: {
                "objects": [*objects, gate(unique, "check", hook.ca(unique), apiGroups=[group], resources=["boats"])]
            }
        }
    )
    client.apply(namespace(unique))
    client.apply(hook.service(unique))
    client.apply(hook.slice(unique))
    assert put(root, client, reporter).ok
    assert hook.asked == 1

    # Away: its pods have ended, and an object comes that it would have to see.
    client.delete(Ref("discovery.k8s.io/v1", "EndpointSlice", unique, "check-1"))
    tree({unique: {"objects": [*objects, custom(group, "Boat", unique, "two"), config_map(unique, "after")]}})

    def back() -> None:
        wait_for_text(
            reporter, f"waiting for webhook check.{unique}.example.com: no endpoints (for Boat {unique}/two), "
        )
        assert client.get("v1", "ConfigMap", "after", unique) is not None  # of an earlier stage
        client.apply(hook.slice(unique))

    client.apply(gate(unique, "check", hook.ca(unique), apiGroups=[group], resources=["boats"]))
    with beside(back):
        done = put(root, client, reporter)
    assert done.ok, str(error_of(done))
    assert f" s of {PATIENCE} s" in told(reporter)
    assert client.get(f"{group}/v1", "Boat", "two", unique) is not None
    client.delete(Ref("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", unique))


def test_a_webhook_that_stays_away_is_named_at_the_deadline(
    client: Client, tree: Tree, reporter: Reporter, unique: str, hook: Hook
) -> None:
    client.apply(namespace(unique))
    client.apply(hook.service(unique))
    client.apply(gate(unique, "check", hook.ca(unique), apiGroups=[f"{unique}.example.com"], resources=["boats"]))
    group = f"{unique}.example.com"
    root = tree({unique: {"objects": [namespace(unique), crd(group, "Boat"), custom(group, "Boat", unique, "one")]}})
    error = error_of(put(root, client, reporter, timeout=10))
    client.delete(Ref("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", unique))
    assert "after 10 s still: its webhook is not ready" in error.what
    assert "no endpoints available" in error.what
    assert f"Boat {unique}/one" in error.where
    assert "Service" in error.remedy


def test_a_webhook_that_refuses_ends_the_component_at_once(
    client: Client, tree: Tree, reporter: Reporter, unique: str, hook: Hook
) -> None:
    hook.refuses = "boats need a name"
    client.apply(namespace(unique))
    client.apply(hook.service(unique))
    client.apply(hook.slice(unique))
    client.apply(gate(unique, "check", hook.ca(unique), apiGroups=[f"{unique}.example.com"], resources=["boats"]))
    group = f"{unique}.example.com"
    root = tree({unique: {"objects": [namespace(unique), crd(group, "Boat"), custom(group, "Boat", unique, "one")]}})
    error = error_of(put(root, client, reporter))
    client.delete(Ref("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", unique))
    assert "denied the request: boats need a name" in error.what
    assert error.remedy == "change what the webhook names"


def quota(place: str, **hard: str) -> Obj:
    meta = {"name": "small", "namespace": place}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": hard}}


def filled(client: Client, place: str, **hard: str) -> None:
    """A quota that the controller has read."""
    client.apply(namespace(place))
    client.apply(quota(place, **hard))

    def read() -> bool:
        found = client.get("v1", "ResourceQuota", "small", place) or {}
        return set((found.get("status") or {}).get("hard") or {}) == set(hard)

    eventually(read, "the quota is read")


def test_a_full_quota_for_disks_ends_the_component_at_once(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    filled(client, unique, **{"requests.storage": "1Gi"})
    claims = []
    for name in ("one", "two"):
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        meta = {"name": name, "namespace": unique}
        claims.append({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec})
    error = error_of(put(tree({unique: {"objects": [namespace(unique), *claims]}}), client, reporter))
    assert "exceeded quota: small, requested: requests.storage=1Gi, used: requests.storage=1Gi" in error.what
    assert f"PersistentVolumeClaim {unique}/" in error.where
    assert "raise the ResourceQuota" in error.remedy


RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def restricted(name: str) -> Obj:
    made = namespace(name)
    return {**made, "metadata": {**made["metadata"], "labels": RESTRICTED}}


def test_a_pod_that_its_namespace_forbids_ends_the_component_at_once(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    spec = {"containers": [{"name": "main", "image": "slipway.local/base:0.1.0"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": unique}, "spec": spec}
    error = error_of(put(tree({unique: {"objects": [restricted(unique), pod]}}), client, reporter))
    assert 'violates PodSecurity "restricted' in error.what
    assert "securityContext.allowPrivilegeEscalation" in error.what
    assert f"Pod {unique}/one" in error.where
    assert "pod-security.kubernetes.io/enforce" in error.remedy


def test_refused_pods_of_accepted_workloads_are_named_with_their_remedies(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    """Deployments are taken: their ReplicaSets are what a quota and a Pod Security level stop."""
    full, strict = f"{unique}-full", f"{unique}-strict"
    filled(client, full, pods="0")
    root = tree(
        {
            full: {"objects": [namespace(full), deployment(full, "web")]},
            strict: {"objects": [restricted(strict), deployment(strict, "web")]},
        }
    )
    errors = {outcome.component: outcome.error for outcome in put(root, client, reporter, timeout=20).outcomes}
    of_quota, of_level = errors[full], errors[strict]
    assert of_quota is not None
    assert of_level is not None
    assert f"Deployment {full}/web" in str(of_quota)
    assert "exceeded quota: small, requested: pods=1" in str(of_quota)
    assert "raise the ResourceQuota" in of_quota.remedy
    assert 'violates PodSecurity "restricted' in str(of_level)
    assert "pod-security.kubernetes.io/enforce" in of_level.remedy


def chain(unique: str, count: int = 4) -> dict[str, dict[str, Any]]:
    """Components one after the other, each with twenty ConfigMaps and a kind of its own."""
    names = [f"{unique}{number}" for number in range(count)]
    found: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(names):
        group = f"{name}.example.com"
        maps = [config_map(name, f"part-{part}", x="1") for part in range(20)]
        objects = [namespace(name), crd(group, "Boat"), *maps, custom(group, "Boat", name, "one")]
        found[name] = {"objects": objects, "spec": {"requires": names[number - 1 : number]}}
    return found


def in_the_middle(unique: str, fault: Callable[[], None]) -> Prepare:
    """A fault between the ConfigMaps and the custom resource of the second component."""

    def prepare(component: Component) -> None:
        if component.name == f"{unique}1":
            fault()

    return prepare


def check_whole(done: Installation, client: Client, unique: str) -> None:
    assert done.ok, [str(outcome.error) for outcome in done.outcomes]
    for name in chain(unique):
        assert inventory.load_records(client)[name].state == "ready"
        assert len(client.objects("v1", "ConfigMap", name, labels="app.kubernetes.io/managed-by=slipway")) == 20
    assert revisions.entries(client)[-1].state == "deployed"


def test_the_api_server_restarts_in_the_middle(
    faulty_server: Server, client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root, server = tree(chain(unique)), faulty_server.programs["kube-apiserver"]

    def back() -> None:
        # As long as it is away, it is waited for by name.
        wait_for_text(reporter, "the API server does not answer, ")
        server.restart()

    with beside(back):
        done = put(root, client, reporter, prepare=in_the_middle(unique, server.end))
    check_whole(done, client, unique)
    assert not put(root, client, reporter).changed


def test_the_api_server_restarts_while_something_is_deleted(
    faulty_server: Server, client: Client, reporter: Reporter, unique: str
) -> None:
    server, refs = faulty_server.programs["kube-apiserver"], [Ref("v1", "ConfigMap", unique, name) for name in "ab"]
    client.apply(namespace(unique))
    for ref in refs:
        client.create(config_map(unique, ref.name))

    def back() -> None:
        wait_for_text(reporter, f"waiting to delete ConfigMap {unique}/")
        server.restart()

    server.end()
    with beside(back):
        delete_and_wait(client, refs, reporter, PATIENCE)
    assert [client.get("v1", "ConfigMap", ref.name, unique) for ref in refs] == [None, None]


def test_etcd_is_cut_off_in_the_middle(
    faulty_server: Server, client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root, etcd, cut = tree(chain(unique)), faulty_server.programs["etcd"].process, threading.Event()

    def hold() -> None:
        os.killpg(etcd.pid, signal.SIGSTOP)
        cut.set()

    def go_on() -> None:
        cut.wait(PATIENCE)
        time.sleep(CUT_SECONDS)
        os.killpg(etcd.pid, signal.SIGCONT)

    with beside(go_on):
        done = put(root, client, reporter, prepare=in_the_middle(unique, hold))
    check_whole(done, client, unique)
    assert not put(root, client, reporter).changed
