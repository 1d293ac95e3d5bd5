"""TLS: a second listener with the certificate of a mounted Secret, and what becomes of requests without it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from slipway_gateway.model import Json

TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
SECRET_NAME = "server"  # noqa: S105 - of a resource
_VERSIONS = {"v1.2": "TLSv1_2", "v1.3": "TLSv1_3"}
#: 307: the method stays, and no browser remembers it when TLS is turned off again.
_REDIRECT = "TEMPORARY_REDIRECT"


@dataclass(frozen=True)
class Tls:
    """``directory`` holds tls.crt and tls.key; ``cleartext`` is Route, Redirect or Reject; ``redirect_port`` is where
    clients find TLS, ``port`` where Envoy listens for it."""

    directory: str = "/certificate"
    minimum: str = "v1.2"
    cleartext: str = "Redirect"
    redirect_port: int = 443
    port: int = 8443


def from_environment(environ: Mapping[str, str] = os.environ) -> Tls | None:
    """What the Pod's environment says; None without TLS. Raises ValueError for what nobody knows."""
    if environ.get("GATEWAY_TLS") != "true":
        return None
    found = Tls(
        minimum=environ.get("GATEWAY_TLS_MIN_VERSION", Tls.minimum),
        cleartext=environ.get("GATEWAY_CLEARTEXT", Tls.cleartext),
        redirect_port=int(environ.get("GATEWAY_REDIRECT_PORT", Tls.redirect_port)),
    )
    if found.minimum not in _VERSIONS or found.cleartext not in ("Route", "Redirect", "Reject"):
        # Fail closed: a word that is not known must not mean that everything goes.
        raise ValueError(f"TLS {found.minimum}, cleartext {found.cleartext}: one of them is unknown")
    return found


def transport_socket(tls: Tls, source: Json) -> Json:
    """The listener's side of TLS; ``source`` is where Envoy finds the certificate."""
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{TYPE}DownstreamTlsContext",
            "common_tls_context": {
                "tls_params": {"tls_minimum_protocol_version": _VERSIONS[tls.minimum]},
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_certificate_sds_secret_configs": [{"name": SECRET_NAME, "sds_config": source}],
            },
        },
    }


def certificate(tls: Tls) -> Json:
    """The resource behind ``source``: Envoy reads the files again when the kubelet has renewed their directory."""
    return {
        "name": SECRET_NAME,
        "tls_certificate": {
            "certificate_chain": {"filename": f"{tls.directory}/tls.crt"},
            "private_key": {"filename": f"{tls.directory}/tls.key"},
            "watched_directory": {"path": tls.directory},
        },
    }


def insecure_route(tls: Tls) -> Json | None:
    """What all requests without TLS get but those for health; None where they are served as others are."""
    if tls.cleartext == "Route":
        return None
    if tls.cleartext == "Reject":
        answer: Json = {"direct_response": {"status": 403, "body": {"inline_string": "https is spoken here\n"}}}
    else:
        port = {} if tls.redirect_port == 443 else {"port_redirect": tls.redirect_port}
        answer = {"redirect": {"https_redirect": True, "response_code": _REDIRECT, **port}}
    return {"name": "insecure", "match": {"prefix": "/"}, **answer}
