"""A changed port of the gateway or the registry is told by all who speak of it; literals stand once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from slipway import paths
from slipway.doctor.checks.network import ports
from slipway.doctor.facts import Facts
from slipway.node import NodeConfig
from slipway.node.ports import ports_of
from slipway.render.ports import node_ports
from slipway.workflows.options import Options
from slipway.workflows.platform import Platform, load_platform, places, stated_gateway

ROOT = paths.distribution()
INSTALLER = Path(__file__).resolve().parents[3] / "installer/slipway"
GATEWAY, REGISTRY = "components.gateway.settings.node_port=31234", "components.registry.settings.node_port=31235"


def without_words(source: str) -> str:
    """A module without its docstrings and comments, which may show an example."""
    return re.sub(r"#[^\n]*", "", re.sub(r'""".*?"""', "", source, flags=re.DOTALL))


def chosen(*sets: str, overlay: str = "embedded") -> Platform:
    return load_platform(Options(Path("/dev/null"), None, ("node.address=192.0.2.7", *sets), overlay))


def test_ports_are_the_overlays_own_and_those_of_a_new_node() -> None:
    for overlay in ("embedded", "ci"):
        found = node_ports(ROOT, chosen(overlay=overlay).config)
        assert found == {"gateway": NodeConfig.gateway_node_port, "registry": NodeConfig.registry_node_port}


def test_a_changed_port_reaches_the_node_and_everything_that_names_the_gateway() -> None:
    found = chosen(GATEWAY, REGISTRY)
    assert (found.node_config.gateway_node_port, found.node_config.registry_node_port) == (31234, 31235)
    assert stated_gateway(found.config, found.node_ip) == found.stated_gateway
    assert found.stated_gateway.endswith(":31234")
    urls = {name: url for name, (url, _) in places(found).items()}
    assert all(":31234/" in urls[name] for name in ("jupyterhub", "argo") if name in urls) and urls
    assert not any(":30080" in url for url in urls.values())


def test_what_is_rendered_with_the_gateways_address_has_its_port() -> None:
    rendered = chosen(GATEWAY).rendered()
    assert rendered["gateway"].settings["node_port"] == "31234"
    assert not any("30080" in value for item in rendered.values() for value in item.settings.values())


def test_with_tls_the_gateway_is_named_by_https_and_its_other_port() -> None:
    found = chosen("components.gateway.settings.tls=generated", "components.gateway.settings.https_node_port=31443")
    assert found.stated_gateway == f"https://{found.node_ip}:31443"
    assert found.node_config.gateway_tls_node_port == 31443
    urls = {name: url for name, (url, _) in places(found).items()}
    assert urls["gateway"] == f"{found.stated_gateway}/" and urls["jupyterhub"] == f"{found.stated_gateway}/hub/"
    assert ports_of(30080, 30500, 31443)[31443] == "the gateway, for TLS"
    assert chosen().node_config.gateway_tls_node_port == 0


def test_the_doctor_looks_at_the_ports_in_force() -> None:
    assert ports_of(31234, 31235).keys() >= {6443, 31234, 31235}
    assert 30080 not in ports_of(31234, 31235)
    taken = ports(Facts(ports={31234: "nginx"}, gateway_port=31234))
    assert taken.result == "fail" and "31234 (the gateway) by nginx" in taken.says


@pytest.mark.parametrize(
    ("literal", "home"),
    [
        (r"\b0\.1\.0\b", "__init__.py"),
        (r"\bslipway\.local\b", "naming.py"),
        (r"\b30080\b", "node/config.py"),
        (r"\b30500\b", "node/config.py"),
        (r"\b30443\b", "render/ports.py"),
    ],
)
def test_a_literal_stands_in_one_module(literal: str, home: str) -> None:
    found = {
        path.relative_to(INSTALLER).as_posix()
        for path in INSTALLER.rglob("*.py")
        if re.search(literal, without_words(path.read_text()))
    }
    assert found == {home}
