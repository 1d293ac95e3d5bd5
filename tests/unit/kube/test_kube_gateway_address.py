"""Where the gateway is reached: by a load balancer, else by a port of a node."""

from __future__ import annotations

from typing import Any

import pytest
from slipway.kube import Obj
from slipway.kube.gateway_address import CERTIFICATE, first_address, url_of

HTTP = {"name": "http", "port": 80}
HTTPS = {"name": "https", "port": 443}


def service(ports: list[Obj], *ingress: Obj) -> Obj:
    return {"spec": {"ports": ports}, "status": {"loadBalancer": {"ingress": list(ingress)}}}


def secured(ports: list[Obj], *ingress: Obj) -> Obj:
    """With a certificate."""
    return {**service(ports, *ingress), "metadata": {"annotations": {CERTIFICATE: "gateway-tls"}}}


@pytest.mark.parametrize(
    ("found", "url"),
    [
        (service([HTTP], {"ip": "203.0.113.7"}), "http://203.0.113.7"),
        (service([HTTPS, HTTP], {"hostname": "lb.example", "ip": "203.0.113.7"}), "http://lb.example"),
        (service([{**HTTP, "port": 8080}], {"ip": "2001:db8::1"}), "http://[2001:db8::1]:8080"),
        (service([{**HTTP, "nodePort": 30080}]), "http://10.0.0.1:30080"),
        (service([{**HTTPS, "nodePort": 30443}, {**HTTP, "nodePort": 30080}]), "http://10.0.0.1:30080"),
        (service([HTTP]), ""),
        (secured([HTTP, HTTPS], {"hostname": "lb.example"}), "https://lb.example"),
        (secured([HTTP, {**HTTPS, "port": 8443}], {"ip": "2001:db8::1"}), "https://[2001:db8::1]:8443"),
        (secured([{**HTTP, "nodePort": 30080}, {**HTTPS, "nodePort": 30443}]), "https://10.0.0.1:30443"),
        ({"spec": {}}, ""),
    ],
)
def test_url(found: Obj, url: str) -> None:
    assert url_of(found, "10.0.0.1") == url


def test_without_a_node_a_port_is_no_way() -> None:
    assert url_of(service([{**HTTP, "nodePort": 30080}]), "") == ""


def test_the_first_internal_address() -> None:
    def node(*addresses: tuple[str, str]) -> dict[str, Any]:
        return {"status": {"addresses": [{"type": kind, "address": value} for kind, value in addresses]}}

    assert first_address([node(("Hostname", "a")), node(("ExternalIP", "1"), ("InternalIP", "2"))]) == "2"
    assert first_address([]) == ""
