"""New configurations get into a running Envoy without a lost request; what Envoy would refuse never gets there."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from typing import Any

import pytest
from slipway_gateway.admin import EnvoyRefused
from slipway_gateway.cluster_state import Cluster, SliceInfo
from slipway_gateway.compiler import compile_all
from slipway_gateway.model import Source
from slipway_gateway.rollout import Rollout
from slipway_gateway.validate import Acceptance

A: dict[str, Any] = {"prefix": "/a/"}


class Load:
    """Two clients that ask as fast as they can until the block ends."""

    def __init__(self, edge: Any, path: str = "/a/") -> None:
        self._edge, self._path = edge, path
        self._over = threading.Event()
        self.answers: Counter[Any] = Counter()
        self._threads = [threading.Thread(target=self._ask) for _ in range(2)]

    def _ask(self) -> None:
        while not self._over.is_set():
            try:
                answer = self._edge.get(self._path, method="POST", body="x")
                self.answers[answer.asked["name"] if answer.status == 200 else answer.status] += 1
            except OSError as error:
                self.answers[repr(error)] += 1

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(15)


def test_not_ready_before_the_first_configuration(new_edge: Any) -> None:
    """As the Pod starts: the init container's files only."""
    edge = new_edge()
    assert edge.get("/ambassador/v0/check_ready").text == "Ambassador is not ready\n"
    assert edge.get("/ambassador/v0/check_ready").status == 503
    assert edge.get("/ambassador/v0/check_alive").status == 200
    edge.serve()
    assert edge.get("/ambassador/v0/check_ready").status == 200


def test_no_request_is_lost_while_routes_and_clusters_change(edge: Any) -> None:
    edge.serve(m=A)
    with Load(edge) as load:
        for number in range(12):
            # Another cluster for the same route each time, and other routes come and go.
            options = {"connect_timeout_ms": 1000 + number}
            edge.serve(m={**A, **options}, **{f"n{number}": {"prefix": f"/n{number}/", **options}})
    assert set(load.answers) == {"web"}
    assert load.answers["web"] > 20


def test_no_request_is_lost_while_endpoints_come_and_go(edge: Any, upstream: Any) -> None:
    """A rolling update as Kubernetes does it: the new endpoint appears, the old one leaves the list, then it ends."""
    edge.serve(m=A)
    with Load(edge) as load:
        old = edge.slices
        for number in range(5):
            new = upstream(f"v{number}")
            edge.slices = {**old, ("team", f"new-{number}"): slice_of(new)}
            edge.serve(m=A)
            edge.slices = {("team", f"new-{number}"): slice_of(new)}
            old = edge.slices
            edge.serve(m=A)
            time.sleep(0.1)
    assert set(load.answers) <= {"web", "v0", "v1", "v2", "v3", "v4"}
    assert load.answers["v4"] > 0


def slice_of(server: Any) -> Any:
    return SliceInfo(("team", "web"), {"http": server.port}, (("127.0.0.1", True, True),))


def test_an_endpoint_that_died_unnoticed_costs_no_request(edge: Any, upstream: Any) -> None:
    alive, dead = upstream("alive"), upstream("dead")
    edge.service("web", alive, dead)
    edge.serve(m=A)
    dead.server.shutdown()
    dead.server.server_close()
    assert [edge.get("/a/", method="POST", body="x").asked["name"] for _ in range(20)] == ["alive"] * 20


def test_what_only_envoy_finds_faulty_is_left_out(edge: Any) -> None:
    """The language of header values is Envoy's own; here its refusal is a verdict, and the others are served."""
    bad = {"prefix": "/bad/", "add_request_headers": {"x-a": "%NO_SUCH_COMMAND%"}}
    new = edge.serve(good=A, bad=bad, other={"prefix": "/o/"})
    verdict = new.verdicts[Source("Mapping", "team", "bad")]
    assert verdict.state == "Inactive"
    assert "NO_SUCH_COMMAND" in verdict.reason
    assert [edge.get(path).status for path in ("/a/", "/bad/", "/o/")] == [200, 404, 200]
    again = edge.serve(good=A, bad=bad)
    assert again.verdicts[Source("Mapping", "team", "bad")].state == "Inactive"
    mended = edge.serve(good=A, bad={"prefix": "/bad/", "add_request_headers": {"x-a": "100%%"}})
    assert mended.verdicts[Source("Mapping", "team", "bad")].state == "Running"
    assert edge.get("/bad/").asked["headers"]["x-a"] == "100%"


def test_many_faulty_ones_are_found_at_once(edge: Any) -> None:
    values = {n: "%NO%" if n % 7 == 0 else "y" for n in range(28)}
    specs = {f"m{n}": {"prefix": f"/{n}/", "add_response_headers": {"x": value}} for n, value in values.items()}
    found = edge.serve(**specs).verdicts
    inactive = {source.name for source, verdict in found.items() if verdict.state == "Inactive"}
    assert inactive == {"m0", "m7", "m14", "m21"}
    assert edge.get("/1/").status == 200


def test_should_envoy_refuse_nevertheless_the_old_configuration_stays(edge: Any) -> None:
    edge.serve(m=A)
    broken = compile_all([], Cluster())
    broken.routes["virtual_hosts"][0]["domains"] = []
    with pytest.raises(EnvoyRefused):
        asyncio.run(edge.rollout.apply(broken))
    assert edge.get("/a/").status == 200
    with pytest.raises(EnvoyRefused, match="before"):
        asyncio.run(edge.rollout.apply(broken))
    edge.serve(n={"prefix": "/n/"})
    assert [edge.get("/a/").status, edge.get("/n/").status] == [404, 200]


def test_unused_clusters_and_endpoints_are_removed(edge: Any) -> None:
    edge.serve(m=A, n={"prefix": "/n/", "connect_timeout_ms": 77})
    edge.serve(m=A)
    live = set(edge.rollout.live.clusters)
    assert set(edge.files.clusters()) == live
    assert {path.stem for path in edge.files.endpoints_directory.glob("*.json")} == live
    _, text = asyncio.run(edge.admin.request("GET", "/clusters"))
    assert {line.split("::")[0] for line in text.splitlines()} == live


def test_an_envoy_that_restarts_serves_at_once_what_it_served(edge: Any) -> None:
    edge.serve(m=A)
    edge.restart()
    assert edge.get("/ambassador/v0/check_ready").status == 200
    assert edge.get("/a/").status == 200


def test_a_new_controller_takes_over_without_a_lost_request(edge: Any) -> None:
    """The clusters of the routes that Envoy still has are kept until it has the new ones."""
    edge.serve(m={**A, "connect_timeout_ms": 55})
    with Load(edge) as load:
        edge.rollout, edge.acceptance = Rollout(edge.files, edge.admin), Acceptance(edge.validator)
        edge.serve(m={**A, "connect_timeout_ms": 66})
        time.sleep(0.2)
    assert set(load.answers) == {"web"}
