"""TLS as a kubeconfig wants it: whom to believe, and the certificate that says who asks."""

from __future__ import annotations

import base64
import binascii
import ssl
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from slipway.errors import BadInput

_CA, _INSECURE = "certificate-authority", "insecure-skip-tls-verify"
_CERTIFICATE, _KEY = "client-certificate", "client-key"


def context(cluster: Mapping[str, Any], certificate: bytes, key: bytes, where: str) -> ssl.SSLContext:
    """One context for all connections: it is read once, not by each of them. ``certificate``: PEM, b"" without one.

    Raises BadInput for what cannot be read, or does not go together.
    """
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority = part(cluster, _CA, where)
    if cluster.get(_INSECURE):
        if authority:
            raise BadInput(f"{_CA} and {_INSECURE} are said both", where, "leave one of them out")
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    elif authority:
        try:
            tls.load_verify_locations(cadata=authority.decode("ascii"))
        except (ssl.SSLError, ValueError) as error:
            raise BadInput(f"{_CA} holds no certificates (PEM)", where, "take the cluster's kubeconfig anew") from error
    else:
        tls.load_default_certs()
    if certificate:
        _load(tls, certificate, key, where)
    return tls


def pair(user: Mapping[str, Any], where: str) -> tuple[bytes, bytes]:
    """The user's certificate and key (PEM), b"" without. Raises BadInput."""
    certificate, key = part(user, _CERTIFICATE, where), part(user, _KEY, where)
    if bool(certificate) != bool(key):
        present, other = (_CERTIFICATE, _KEY) if certificate else (_KEY, _CERTIFICATE)
        raise BadInput(f"{present} is given without {other}", where, "a user has both, or neither")
    return certificate, key


def part(entry: Mapping[str, Any], name: str, where: str) -> bytes:
    """What ``name``-data holds, or the file that ``name`` names; b"" without. Raises BadInput."""
    if data := entry.get(f"{name}-data"):
        try:
            # Rubbish is not left out: what is empty then would not be checked with.
            return base64.b64decode("".join(str(data).split()), validate=True)
        except (binascii.Error, ValueError, TypeError) as error:
            raise BadInput(f"{name}-data is not base64", where, "take the cluster's kubeconfig anew") from error
    if file := entry.get(name):
        try:
            return Path(file).read_bytes()
        except OSError as error:
            raise BadInput(f"{name} {file}: {error.strerror}", where, "name a file that is there") from error
    return b""


def _load(tls: ssl.SSLContext, certificate: bytes, key: bytes, where: str) -> None:
    with NamedTemporaryFile(prefix="slipway-") as file:
        # OpenSSL takes certificates and keys from files alone; this one is the user's own, and gone at once.
        file.write(certificate + b"\n" + key + b"\n")
        file.flush()
        try:
            # Never asked at the terminal: a program in the background would wait for ever.
            tls.load_cert_chain(file.name, password="")
        except (ssl.SSLError, ValueError) as error:
            why = "the key is another certificate's" if "MISMATCH" in str(error) else "they cannot be read (PEM)"
            raise BadInput(f"{_CERTIFICATE} and {_KEY}: {why}", where, "take the cluster's kubeconfig anew") from error
