"""TLS at the gateway: one setting in every overlay and in both editions, and no kustomization is edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from slipway import paths
from slipway.catalog import Choice, load_catalog
from slipway.errors import BadInput
from slipway.kube.gateway_address import CERTIFICATE
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

ROOT = paths.distribution()
OWN_EDITION = ("ci", "embedded")
NODE_PORTS = (*OWN_EDITION, "kind", "onprem")
OVERLAYS = (*NODE_PORTS, "aks", "eks", "gke")
EDITIONS = [(overlay, "") for overlay in OVERLAYS] + [("embedded", "upstream"), ("onprem", "compact")]


def gateway(overlay: str, edition: str = "", **values: Any) -> Rendered:
    choices = {"gateway": Choice(edition=edition)} if edition else {}
    catalog = load_catalog(ROOT, overlay, ["gateway"], follow=False, choices=choices)
    return render(catalog, {"gateway": values}, Facts(), unchanged)["gateway"]


def found(rendered: Rendered, kind: str, name: str) -> Mapping[str, Any]:
    return next(obj for obj in rendered.objects if (obj["kind"], obj["metadata"]["name"]) == (kind, name))


def service(rendered: Rendered) -> tuple[dict[str, dict[str, Any]], str]:
    """The ports by name, and the Secret with the certificate."""
    obj = found(rendered, "Service", "ambassador")
    ports = {port["name"]: port for port in obj["spec"]["ports"]}
    return ports, (obj["metadata"].get("annotations") or {}).get(CERTIFICATE, "")


@pytest.mark.parametrize(("cluster", "edition"), EDITIONS)
@pytest.mark.parametrize("tls", ["generated", "secret"])
def test_the_setting_alone_turns_tls_on(cluster: str, edition: str, tls: str) -> None:
    values = {"tls": tls, "tls_secret": "own", "tls_min_version": "v1.3", "cleartext": "Redirect"}
    rendered = gateway(cluster, edition, **values, **({"https_node_port": 31443} if cluster in NODE_PORTS else {}))
    secret = {"generated": "gateway-generated", "secret": "own"}[tls]
    ports, named = service(rendered)
    assert named == secret
    assert (ports["https"]["port"], ports["https"]["targetPort"]) == (443, "https")
    assert ports["https"].get("nodePort") == (31443 if cluster in NODE_PORTS else None)
    assert ports["http"].get("nodePort") == (30080 if cluster in NODE_PORTS else None)
    assert [spec.name for spec in rendered.component.secrets] == (
        ["gateway-authority", "gateway-generated"] if tls == "generated" else []
    )
    pod = found(rendered, "Deployment", "gateway")["spec"]["template"]["spec"]
    if rendered.component.edition == "compact":
        volume = next(volume for volume in pod["volumes"] if volume["name"] == "certificate")
        assert volume["secret"]["secretName"] == secret
        environment = {entry["name"]: entry["value"] for entry in pod["initContainers"][0]["env"]}
        port = "31443" if cluster in NODE_PORTS else "443"
        assert environment == {"GATEWAY_TLS": "true", "GATEWAY_TLS_MIN_VERSION": "v1.3",
                               "GATEWAY_CLEARTEXT": "Redirect", "GATEWAY_REDIRECT_PORT": port}  # fmt: skip
        assert pod["containers"][0]["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"
    else:
        host = found(rendered, "Host", "any")["spec"]
        assert (host["tlsSecret"], host["tls"]) == ({"name": secret}, {"min_tls_version": "v1.3"})
        assert host["requestPolicy"]["insecure"]["action"] == "Redirect"
        assert found(rendered, "Listener", "https")["spec"]["port"] == 8443
    assert 8443 in [port["containerPort"] for port in pod["containers"][0]["ports"]]


@pytest.mark.parametrize("cluster", OVERLAYS)
def test_without_it_there_is_nothing_of_tls(cluster: str) -> None:
    rendered = gateway(cluster)
    ports, named = service(rendered)
    assert (list(ports), named, rendered.component.secrets) == (["http"], "", ())
    assert rendered.settings["tls"] == "none"
    pod = found(rendered, "Deployment", "gateway")["spec"]["template"]["spec"]
    assert "certificate" not in [volume["name"] for volume in pod["volumes"]]


def test_no_overlay_lists_the_parts_itself() -> None:
    for path in ROOT.glob("overlays/*/gateway/kustomization.yaml"):
        assert "/tls" not in path.read_text(), path


def test_a_generated_certificate_is_for_the_names_of_the_setting() -> None:
    rendered = gateway("embedded", tls="generated", tls_hostnames="ml.example.org, *.ml.example.org,192.0.2.7")
    names = rendered.component.secrets[1].names
    assert {"ml.example.org", "*.ml.example.org", "192.0.2.7", "{outside}", "localhost"} < set(names)
    assert "{tls_hostnames}" not in names


WRONG: list[dict[str, Any]] = [
    {"tls": "on"},
    {"tls": False},
    {"tls_min_version": "v1.1"},
    {"tls_hostnames": "a b;c"},
    {"cleartext": "no"},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_values_for_tls_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        gateway("embedded", **wrong)
