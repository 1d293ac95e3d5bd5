"""Waiting for real: watches, webhooks that do not answer, and causes that are told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from api_objects import config_map, crd, custom, deployment, namespace
from slipway.catalog import load_catalog
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import Installation, install
from slipway.release.planning.plan import Plan
from slipway.release.waiting.watch_cache import WatchCache
from slipway.render import Facts, render
from slipway.render.images import unchanged
from slipway.render.labels import SELECTOR
from slipway.waiting import Clock
from slipway.waiting.objects import Failing, Seen, gone, until

Tree = Callable[..., Path]
LABELS = {"app.kubernetes.io/managed-by": "slipway"}


def put(root: Path, client: Client, reporter: Reporter, timeout: float = 20) -> Installation:
    rendered = render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)
    return install(Plan("test", "workbench", rendered, dict.fromkeys(rendered, timeout)), client, reporter)


def soon(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_the_store_follows_the_cluster(client: Client, unique: str) -> None:
    client.apply(namespace(unique))
    live, ref = WatchCache(client, SELECTOR), Ref("v1", "ConfigMap", unique, "a")
    other = Ref("v1", "ConfigMap", unique, "other")
    live.follow([("v1", "ConfigMap"), ("example.com/v1", "NotServed")])
    made = config_map(unique, "a", x="1")
    made["metadata"]["labels"] = LABELS
    client.create(made)
    client.create(config_map(unique, "other"))
    assert soon(lambda: live.get(ref) is not None)
    version = live.version
    client.patch(ref, {"data": {"x": "2"}})
    assert soon(lambda: (live.get(ref) or {})["data"] == {"x": "2"})
    assert live.version > version
    assert (live.get(ref) or {})["kind"] == "ConfigMap"
    client.delete(ref)
    assert soon(lambda: live.get(ref) is None)
    assert live.get(other) is None
    live.close()


def test_what_an_apply_answered_is_not_overwritten_by_older_news(client: Client, unique: str) -> None:
    client.apply(namespace(unique))
    live = WatchCache(client, SELECTOR)
    old = client.apply(config_map(unique, "a", x="1"))
    new = client.apply(config_map(unique, "a", x="2"))
    live.put(new)
    live.put(old)
    assert (live.get(Ref("v1", "ConfigMap", unique, "a")) or {})["data"] == {"x": "2"}


def test_an_object_is_watched_until_it_is_done(client: Client, unique: str) -> None:
    client.apply(namespace(unique))
    ref, told = Ref("v1", "ConfigMap", unique, "a"), list[str]()

    def judge(obj: Obj) -> Seen:
        text = obj["data"]["x"]
        if text == "1":
            client.patch(ref, {"data": {"x": "2"}})
        return Seen(text, done=text == "2")

    client.apply(config_map(unique, "a", x="1"))
    assert until(client, ref, judge, 30, told.append, Failing())["data"] == {"x": "2"}
    assert told == ["1"]


def test_one_that_is_deleted_meanwhile_is_not_waited_for(client: Client, unique: str) -> None:
    client.apply(namespace(unique))
    ref = Ref("v1", "ConfigMap", unique, "a")

    def judge(obj: Obj) -> Seen:
        client.delete(ref)
        return Seen("there")

    client.apply(config_map(unique, "a"))
    with pytest.raises(SlipwayError, match="was deleted by somebody else"):
        until(client, ref, judge, 30, lambda text: None, Failing())


def test_one_that_is_not_done_says_what_it_was(client: Client, unique: str) -> None:
    client.apply(namespace(unique))
    client.apply(config_map(unique, "a"))
    ref, failing = Ref("v1", "ConfigMap", unique, "a"), Failing("not full", "fill it", lambda: ("an event",))
    with pytest.raises(SlipwayError) as caught:
        until(client, ref, lambda obj: Seen("half full"), 1, lambda text: None, failing)
    assert str(caught.value) == f"ConfigMap {unique}/a: not full: half full\n  | an event\n  → fill it"


def test_what_is_not_gone_in_time_is_named(client: Client, unique: str) -> None:
    client.apply(namespace(unique))
    refs = [Ref("v1", "ConfigMap", unique, name) for name in ("a", "b")]
    client.apply(config_map(unique, "a"))
    assert gone(client, refs, Clock(0)) == refs[:1]
    client.delete(refs[0])
    assert gone(client, refs, Clock(30)) == []


def test_a_webhook_without_backend_is_waited_for(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    group = f"{unique}.example.com"
    hook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": unique},
        "webhooks": [
            {
                "name": f"check.{group}",
                "clientConfig": {"service": {"name": "nobody", "namespace": unique, "path": "/"}},
                "rules": [
                    {"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["boats"]}
                ],
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "timeoutSeconds": 1,
            }
        ],
    }
    client.apply(hook)

    def end() -> None:
        time.sleep(3)
        client.delete(Ref("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", unique))

    thread = threading.Thread(target=end)
    thread.start()
    objects = [namespace(unique), crd(group, "Boat"), custom(group, "Boat", unique, "one")]
    done = put(tree({unique: {"objects": objects}}), client, reporter)
    thread.join()
    assert done.ok, [str(outcome.error) for outcome in done.outcomes]
    text = reporter.stream.getvalue()  # type: ignore[attr-defined]
    assert f"waiting for webhook check.{group}: its Service does not exist (for Boat {unique}/one), " in text


def test_the_cause_is_told_at_the_deadline(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    """Deadline and cause; the other component is not held up."""
    other = f"{unique}-other"
    root = tree(
        {
            unique: {"objects": [namespace(unique), deployment(unique, "web")]},
            other: {"objects": [namespace(other), config_map(other, "a")]},
        }
    )
    place, labels = unique, {"app": "web"}
    state = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}
    container = {"name": "main", "image": "slipway.local/base:0.1.0"}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": place, "labels": labels},
        "spec": {"containers": [container]},
    }
    entry = {"name": "main", "ready": False, "restartCount": 0, "image": "x", "imageID": "", "state": state}
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "web-1.1", "namespace": place},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": "web-1", "namespace": place},
        "type": "Warning",
        "reason": "Failed",
        "message": "Failed to pull image",
        "lastTimestamp": "2026-01-01T00:00:00Z",
    }
    client.apply(namespace(place))
    client.create(pod)
    client.patch(Ref("v1", "Pod", place, "web-1"), {"status": {"containerStatuses": [entry]}}, subresource="status")
    client.create(event)
    done = put(root, client, reporter, timeout=3)
    results = {outcome.component: outcome for outcome in done.outcomes}
    assert results[other].result == "ready"
    error = results[unique].error
    assert error is not None
    text = str(error)
    assert f"Deployment {place}/web: the controller has not seen it yet" in text
    assert "Pod web-1: container main: ImagePullBackOff: Back-off pulling image" in text
    assert "Pod web-1: Failed: Failed to pull image" in text
    assert "slipway images build" in error.remedy
