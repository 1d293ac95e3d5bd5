"""Settings, or a machine's clients → the ConfigMap slipway-trust."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest
from slipway.catalog import load_catalog
from slipway.config.load import load, parse_text
from slipway.errors import BadInput
from slipway.paths import distribution
from slipway.render import Facts, render
from slipway.render.images import unchanged
from slipway.trust import machine
from slipway.trust.configmap import KEYS, Clients, data

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
INDEX = "https://packages.example.org/simple"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    path.write_text(PEM)
    return path


def pip_section(text: str) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return dict(parser.items("global"))


def test_what_is_set_becomes_the_clients_own_files(bundle: Path) -> None:
    config = parse_text(
        f"settings:\n  trust_bundle: {bundle}\n  pip: {{index_url: '{INDEX}'}}\n"
        "  npm: {registry: 'https://npm.example.org'}\n  apt: {http_proxy: 'http://proxy.example.org:3142'}\n"
    )
    found = machine.texts(config.trust, embedded=False)
    assert set(found) == set(KEYS)
    assert found["ca.crt"] == PEM
    assert pip_section(found["pip.conf"]) == {"index-url": INDEX, "cert": "/etc/slipway/trust/ca.crt"}
    assert found["npmrc"] == "cafile=/etc/slipway/trust/ca.crt\nregistry=https://npm.example.org\n"
    assert 'Acquire::http::Proxy "http://proxy.example.org:3142";' in found["apt-proxy.conf"].splitlines()


def test_trust_settings_are_no_values_of_components() -> None:
    config = parse_text("settings:\n  zone: here\n  trust_bundle: none\n")
    assert config.shared == {"zone": "here"}
    assert config.trust == {"trust_bundle": "none"}


def test_layers_reach_single_addresses() -> None:
    environment = {"SLIPWAY_SETTINGS__PIP__INDEX_URL": INDEX}
    config, _ = load(distribution(), None, ["settings.npm.registry=https://npm.example.org"], environment)
    assert config.trust == {"pip": {"index_url": INDEX}, "npm": {"registry": "https://npm.example.org"}}


def test_the_embedded_cluster_gets_what_the_machine_uses(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("PIP_INDEX_URL", INDEX)
    found = machine.texts({}, embedded=True)
    assert found["ca.crt"] == PEM
    assert pip_section(found["pip.conf"])["index-url"] == INDEX
    assert machine.texts({}, embedded=False) == {}


def test_none_keeps_the_machines_bundle_out(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("PIP_INDEX_URL", INDEX)
    found = machine.texts({"trust_bundle": "none"}, embedded=True)
    assert found["ca.crt"] == ""
    assert "cert" not in pip_section(found["pip.conf"])


def test_a_machines_credentials_are_not_handed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rc = tmp_path / "npmrc"
    rc.write_text("registry=https://npm.example.org\n//npm.example.org/:_authToken=very-secret\n")
    monkeypatch.setenv("NPM_CONFIG_USERCONFIG", str(rc))
    monkeypatch.setenv("PIP_INDEX_URL", "https://ada:very-secret@packages.example.org/simple")
    found = machine.texts({}, embedded=True)
    assert "very-secret" not in "".join(found.values())
    assert "registry=https://npm.example.org" in found["npmrc"].splitlines()


def test_credentials_in_settings_are_refused() -> None:
    trust = parse_text("settings:\n  pip: {index_url: 'https://ada:word@packages.example.org'}\n").trust
    with pytest.raises(BadInput, match="could read it"):
        machine.texts(trust, embedded=False)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"no PEM", "no certificate"),
        (b"\xff\xfe", "not a text"),
        (PEM.encode() + b"-----BEGIN RSA PRIVATE KEY-----\n", "private key"),
        (PEM.encode() + b"x" * 1_000_000, "more than"),
    ],
)
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words):
        machine.texts({"trust_bundle": str(path)}, embedded=False)


def test_a_bundle_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        machine.texts({"trust_bundle": str(tmp_path / "none.pem")}, embedded=False)


@pytest.mark.parametrize("overlay", ["embedded", "gke"])
def test_the_project_has_the_configmap(overlay: str) -> None:
    catalog = load_catalog(distribution(), overlay, ["storage"])
    facts = Facts("lab", lambda: "192.0.2.1", trust=data(Clients(bundle=PEM)))
    given = {"storage": {"storage_class": "shared"}} if overlay == "gke" else {}
    objects = render(catalog, given, facts, unchanged)["storage"].objects
    (found,) = [obj for obj in objects if obj["metadata"]["name"] == "slipway-trust"]
    assert found["metadata"]["namespace"] == "lab"
    assert set(found["data"]) == set(KEYS)
    assert found["data"]["ca.crt"] == PEM
