"""TLSContext: how TLS is spoken to the services of Mappings that name it.

Source of the fields: Emissary's TLSContext, https://www.getambassador.io/docs/emissary/latest/topics/running/tls
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from slipway_gateway.model import Document, Faulty, Json
from slipway_gateway.reader import Reader
from slipway_gateway.secrets import Key, Secret

_TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
_VERSIONS = {"v1.0": "TLSv1_0", "v1.1": "TLSv1_1", "v1.2": "TLSv1_2", "v1.3": "TLSv1_3"}
_FILES = ("cert_chain_file", "private_key_file", "cacert_chain_file", "crl_file")
#: They are about TLS that clients speak to the gateway.
_CLIENTS = ("hosts", "redirect_cleartext_from", "cert_required")
_SECRETS = ("secret", "ca_secret", "crl_secret")


@dataclass(frozen=True)
class Contexts:
    """The TLSContexts, by (namespace, name): Envoy's UpstreamTlsContext, or why it is not in force."""

    known: Mapping[Key, Json | str] = field(default_factory=dict)

    def find(self, namespace: str, name: str) -> Json:
        """That of the namespace, else the first one of that name: upstream knows no namespaces here. Raises Faulty."""
        given = sorted(key for key in self.known if key[1] == name)
        if not given:
            raise Faulty(f"there is no TLSContext {name} (yet)")
        key = (namespace, name) if (namespace, name) in self.known else given[0]
        found = self.known[key]
        if isinstance(found, str):
            raise Faulty(f"TLSContext {key[0]}/{key[1]} is not in force: {found}")
        return found


def wanted(document: Document) -> Collection[Key]:
    """The Secrets that a TLSContext names."""
    spec = Reader(document.spec)
    return [key for name in _SECRETS if (key := _key(spec, name, document.namespace))]


def read(document: Document, secrets: Mapping[Key, Secret]) -> Json:
    """Envoy's UpstreamTlsContext. Raises Faulty with every fault of the object."""
    spec = Reader(document.spec)
    for name in _FILES:
        if spec.has(name):
            spec.fault(name, "the gateway reads no files of its own container; name a Secret")
    for name in _CLIENTS:
        if spec.has(name):
            spec.fault(name, "TLS of clients is what the setting tls of the gateway says")
    common: Json = {}
    if params := _params(spec):
        common["tls_params"] = params
    if protocols := [part for part in spec.text("alpn_protocols").replace(" ", "").split(",") if part]:
        common["alpn_protocols"] = protocols
    if secret := _secret(spec, "secret", document.namespace, secrets):
        common["tls_certificates"] = [
            {
                name: {"inline_string": secret.data[key]}
                for name, key in _PAIR.items()
                if _has(spec, "secret", secret, key)
            }
        ]
    validation: Json = {}
    if secret := _secret(spec, "ca_secret", document.namespace, secrets):
        key = "ca.crt" if "ca.crt" in secret.data else "tls.crt"
        if _has(spec, "ca_secret", secret, key):
            validation["trusted_ca"] = {"inline_string": secret.data[key]}
    if secret := _secret(spec, "crl_secret", document.namespace, secrets):
        if not validation:
            spec.fault("crl_secret", "needs ca_secret")
        if _has(spec, "crl_secret", secret, "crl.pem"):
            validation["crl"] = {"inline_string": secret.data["crl.pem"]}
    if validation:
        common["validation_context"] = validation
    sni = spec.text("sni")
    spec.raw("ambassador_id")
    spec.faults += [f"{name}: is not known" for name in spec.unread()]
    spec.finish()
    return {"@type": _TYPE, "common_tls_context": common, **({"sni": sni} if sni else {})}


_PAIR = {"certificate_chain": "tls.crt", "private_key": "tls.key"}


def _params(spec: Reader) -> Json:
    found: Json = {}
    for ours, theirs in (
        ("min_tls_version", "tls_minimum_protocol_version"),
        ("max_tls_version", "tls_maximum_protocol_version"),
    ):
        if version := spec.choice(ours, _VERSIONS):
            found[theirs] = _VERSIONS[version]
    for name in ("cipher_suites", "ecdh_curves"):
        if values := spec.texts(name):
            found[name] = values
    return found


def _key(spec: Reader, field: str, namespace: str) -> Key | None:
    """`name.namespace`, or with `secret_namespacing: false` a name with dots of the object's own namespace."""
    text = spec.text(field)
    if not text:
        return None
    name, _, other = text.partition(".") if spec.flag("secret_namespacing", True) else (text, "", "")
    return other or namespace, name


def _secret(spec: Reader, field: str, namespace: str, secrets: Mapping[Key, Secret]) -> Secret | None:
    key = _key(spec, field, namespace)
    if key is None:
        return None
    secret = secrets.get(key)
    if secret is None or secret.problem:
        spec.fault(field, secret.problem if secret else f"Secret {key[0]}/{key[1]} has not been read yet")
        return None
    return secret


def _has(spec: Reader, field: str, secret: Secret, key: str) -> bool:
    if not secret.data.get(key):
        spec.fault(field, f"the Secret has no {key}")
    return bool(secret.data.get(key))
