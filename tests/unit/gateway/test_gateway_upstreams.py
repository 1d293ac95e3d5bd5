"""Service names, and the clusters and endpoints behind them."""

from __future__ import annotations

from typing import Any

import pytest
from slipway_gateway.cluster_state import Cluster, ServiceInfo, SliceInfo, service_info, slice_info
from slipway_gateway.model import Target
from slipway_gateway.service import parse

WEB = ("team", "web")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("web", Target("web.team", 80, False, WEB)),
        ("web:8080", Target("web.team", 8080, False, WEB)),
        ("http://web", Target("web.team", 80, False, WEB)),
        ("https://web", Target("web.team", 443, True, WEB)),
        ("HTTPS://Web:8443/", Target("web.team", 8443, True, WEB)),
        ("web.other:9000", Target("web.other", 9000, False, ("other", "web"))),
        ("web.other.svc", Target("web.other.svc", 80, False, ("other", "web"))),
        ("web.other.svc.cluster.local", Target("web.other.svc.cluster.local", 80, False, ("other", "web"))),
        ("www.example.org", Target("www.example.org", 80, False, None)),
        ("10.0.0.7:81", Target("10.0.0.7", 81)),
        ("[fd00::1]:81", Target("fd00::1", 81)),
        ("localhost:8877", Target("127.0.0.1", 8877)),
    ],
)
def test_services(text: str, target: Target) -> None:
    assert parse(text, "team") == target


def cluster(*slices: SliceInfo, **ports: int) -> Cluster:
    names = {number: name for name, number in (ports or {"http": 80}).items()}
    return Cluster({WEB: ServiceInfo(names)}, {("team", str(n)): item for n, item in enumerate(slices)})


def endpoints(*hosts: tuple[str, bool, bool], ipv6: bool = False) -> SliceInfo:
    return SliceInfo(WEB, {"http": 8080}, hosts, ipv6)


@pytest.mark.parametrize(
    ("state", "addresses"),
    [
        (cluster(), []),
        (cluster(endpoints(("10.0.0.1", True, True))), [("10.0.0.1", 8080)]),
        (
            cluster(endpoints(("10.0.0.2", True, True)), endpoints(("10.0.0.1", True, True), ("10.0.0.2", True, True))),
            [("10.0.0.1", 8080), ("10.0.0.2", 8080)],
        ),
        (cluster(endpoints(("10.0.0.1", True, True), ("10.0.0.2", False, True))), [("10.0.0.1", 8080)]),
        (cluster(endpoints(("10.0.0.2", False, True), ("10.0.0.3", False, False))), [("10.0.0.2", 8080)]),
        (
            cluster(endpoints(("fd00::1", True, True), ipv6=True), endpoints(("10.0.0.1", True, True))),
            [("10.0.0.1", 8080)],
        ),
        (cluster(endpoints(("fd00::1", True, True), ipv6=True)), [("fd00::1", 8080)]),
        (cluster(endpoints(("10.0.0.1", True, True)), grpc=80), []),
        (cluster(endpoints(("10.0.0.1", True, True)), http=81), []),
    ],
)
def test_requests_go_to_ready_endpoints_of_the_port(state: Cluster, addresses: Any) -> None:
    assert state.addresses(WEB, 80) == addresses


def test_an_update_of_endpoints_changes_neither_routes_nor_clusters(compiled: Any) -> None:
    one = compiled({"prefix": "/a"}, cluster=cluster(endpoints(("10.0.0.1", True, True))))
    two = compiled({"prefix": "/a"}, cluster=cluster(endpoints(("10.0.0.2", True, True))))
    assert one.version == two.version
    assert one.endpoints != two.endpoints


@pytest.mark.parametrize(
    ("service", "services", "kind"),
    [
        ("web", {WEB: ServiceInfo({80: ""})}, "EDS"),
        ("web", {WEB: ServiceInfo({}, "db.example.org")}, "STRICT_DNS"),
        ("web", {}, "STRICT_DNS"),
        ("www.example.org", {}, "STRICT_DNS"),
        ("10.0.0.1", {}, "STATIC"),
    ],
)
def test_how_addresses_are_found(compiled: Any, service: str, services: Any, kind: str) -> None:
    (found,) = compiled({"prefix": "/a", "service": service}, cluster=Cluster(services)).clusters.values()
    assert found["type"] == kind


def test_a_name_of_a_cluster_never_means_two_things(compiled: Any) -> None:
    specs = [{"prefix": "/a"}, {"prefix": "/b", "connect_timeout_ms": 1}, {"prefix": "/c", "tls": True}]
    assert len(compiled(*specs).clusters) == 3
    assert len(compiled({"prefix": "/a"}, {"prefix": "/b", "timeout_ms": 1}).clusters) == 1


@pytest.mark.parametrize(
    ("state", "service", "note"),
    [
        (cluster(), "web:81", "Service team/web has no port 81, only 80"),
        (Cluster(), "web.gone.svc", "there is no Service gone/web (yet)"),
        (cluster(), "web", ""),
    ],
)
def test_a_missing_service_is_told(compiled: Any, verdict: Any, state: Cluster, service: str, note: str) -> None:
    found = verdict(compiled(m={"prefix": "/a", "service": service}, cluster=state), "m")
    assert (found.state, found.reason) == ("Running", note)


def test_objects_are_read() -> None:
    service = {"spec": {"ports": [{"port": 80, "name": "http"}, {"port": 53, "protocol": "UDP"}]}}
    assert service_info(service) == ServiceInfo({80: "http"})
    external = {"spec": {"type": "ExternalName", "externalName": "x.org"}}
    assert service_info(external) == ServiceInfo({}, "x.org")
    labels = {"kubernetes.io/service-name": "web"}
    piece = {
        "metadata": {"namespace": "team", "name": "web-1", "labels": labels},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8080}],
        "endpoints": [
            {"addresses": ["10.0.0.1"], "conditions": {"ready": True, "serving": True}},
            {"addresses": ["b"]},
        ],
    }
    assert slice_info(piece) == endpoints(("10.0.0.1", True, True), ("b", True, True))
    assert slice_info(piece | {"addressType": "FQDN"}) is None
    assert slice_info(piece | {"metadata": {"namespace": "team", "name": "x"}}) is None
