"""The recipe of the Secrets: a script that makes those that are missing, with random values. None stands here."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from slipway.export.model import Secret
from slipway.export.template import fill
from slipway.release.secrets.certificates import OUTSIDE

SCRIPT = "secrets.sh"


def script(secrets: Iterable[Secret]) -> str:
    """A bash program; it needs kubectl, for htpasswd files htpasswd or Python with bcrypt, for certificates openssl."""
    return fill("secrets.sh.j2", secrets=[_command(secret) for secret in secrets])


def described(secret: Secret) -> str:
    """What a Secret holds, for readers: ``admin_password (40 letters and digits)``."""
    if secret.spec.kind == "authority":
        return "tls.crt and tls.key of an authority of its own"
    if secret.spec.kind == "certificate":
        return f"tls.crt and tls.key for {', '.join(_words_of(secret))}, signed by {secret.spec.source}; its ca.crt"
    if secret.spec.source:
        source = f"of username and password in {secret.spec.source}"
        return (
            f"htpasswd: one line, bcrypt, {source}"
            if secret.spec.kind == "htpasswd"
            else (f".dockerconfigjson for {secret.spec.registry}, {source}")
        )
    return ", ".join(f"{key} ({_kind(generator)})" for key, generator in secret.spec.keys.items())


def _command(secret: Secret) -> str:
    """The line of the script that makes one Secret."""
    secret_name = [secret.ref.namespace, secret.ref.name]
    if secret.spec.kind == "htpasswd":
        return _words("htpasswd_of", *secret_name, *secret.spec.source.split("/"))
    if secret.spec.kind == "dockerconfigjson":
        return _words("registry_login_of", *secret_name, *secret.spec.source.split("/"), secret.spec.registry)
    if secret.spec.kind == "authority":
        return _words("authority", *secret_name)
    if secret.spec.kind == "certificate":
        return _words("certificate_of", *secret_name, *secret.spec.source.split("/"), *_words_of(secret))
    return _words("opaque", *secret_name, *(word for key, how in secret.spec.keys.items() for word in (key, _how(how))))


def _words_of(secret: Secret) -> list[str]:
    """The names of a certificate; the addresses of the nodes are found out when the script runs."""
    return ["nodes" if name == OUTSIDE else name for name in secret.spec.names]


def _words(*words: str) -> str:
    return " ".join(map(shlex.quote, words))


def _how(generator: Mapping[str, Any]) -> str:
    ((kind, argument),) = generator.items()
    return f"{kind}:{argument}"


def _kind(generator: Mapping[str, Any]) -> str:
    ((kind, argument),) = generator.items()
    texts = {"random": f"{argument} letters and digits", "random_hex": f"{argument} bytes, hexadecimal"}
    return texts.get(kind, f"the text {argument}")
