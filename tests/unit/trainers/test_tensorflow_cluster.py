"""TF_CONFIG, as the training operator writes it."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

import pytest
from slipway_trainer_tensorflow.cluster import BadCluster, cluster, wait_for

MEMBERS = {"chief": ["j-chief-0.ns.svc:2222"], "worker": ["j-worker-0.ns.svc:2222"], "ps": ["j-ps-0.ns.svc:2222"]}


def environment(members: Any, role: str = "chief", index: int = 0) -> dict[str, str]:
    """The environment of a Pod of a TFJob."""
    task = {"type": role, "index": index}
    return {"TF_CONFIG": json.dumps({"cluster": members, "task": task, "environment": "cloud"})}


def test_the_operators_form_is_understood() -> None:
    found = cluster(environment(MEMBERS, "ps"))
    assert (found.role, found.index) == ("ps", 0)
    assert found.members["worker"] == ["j-worker-0.ns.svc:2222"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "does not describe a cluster"),
        ({"TF_CONFIG": "{"}, "does not describe a cluster"),
        ({"TF_CONFIG": "[]"}, "does not describe a cluster"),
        (environment({"worker": ["a:1"]}, "worker"), "no chief, ps"),
        (environment(MEMBERS, "evaluator"), "evaluator 0"),
        (environment(MEMBERS, "worker", 1), "worker 1"),
    ],
)
def test_what_cannot_be_a_cluster_is_refused(given: dict[str, str], reason: str) -> None:
    with pytest.raises(BadCluster, match=reason):
        cluster(given)


def test_members_may_come_later() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def serve() -> None:
        server.bind(("127.0.0.1", port))
        server.listen()

    timer = threading.Timer(0.3, serve)
    timer.start()
    try:
        wait_for([f"127.0.0.1:{port}"], timeout=10, pause=0.05)
    finally:
        timer.join()
        server.close()


def test_a_member_that_never_comes_is_named() -> None:
    with pytest.raises(BadCluster, match=r"nobody\.invalid:1"):
        wait_for(["nobody.invalid:1"], timeout=0.2, pause=0.05)
