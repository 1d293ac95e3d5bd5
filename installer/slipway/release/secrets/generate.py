"""Secrets that the installation makes for itself: created when absent, never printed, never overwritten."""

from __future__ import annotations

import base64
import json
import secrets
import string
from collections.abc import Mapping
from typing import Any

from slipway.catalog import SecretSpec
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.release.secrets import certificates
from slipway.release.secrets.create import created, source
from slipway.release.secrets.spec import CERTIFIED, ref_for, secret_object
from slipway.render import Rendered

#: The UID of the Secret that a derived one was made of: a new source makes a new derivative.
SOURCE_UID = "slipway.dev/source-uid"
KINDS = frozenset({"opaque", "htpasswd", "dockerconfigjson"}) | CERTIFIED
_LETTERS = string.ascii_letters + string.digits
#: The passwords are long and random: a slow hash would only make every request to the registry slow.
_BCRYPT_ROUNDS = 6


def generate(keys: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Values for keys → generator ({random: characters}, {random_hex: bytes}, {literal: text})."""
    values = {}
    for key, generator in keys.items():
        ((kind, argument),) = generator.items()
        match kind:
            case "random":
                values[key] = "".join(secrets.choice(_LETTERS) for _ in range(int(argument)))
            case "random_hex":
                values[key] = secrets.token_hex(int(argument))
            case "literal":
                values[key] = str(argument)
            case _:
                raise SlipwayError(f"no generator '{kind}'", f"key {key}", "use random, random_hex or literal")
    return values


def htpasswd(login: Mapping[str, str]) -> dict[str, str]:
    """An htpasswd file with one bcrypt entry."""
    import bcrypt

    hashed = bcrypt.hashpw(login["password"].encode(), bcrypt.gensalt(_BCRYPT_ROUNDS)).decode()
    # The same algorithm; $2y$ is the name that htpasswd tools know.
    return {"htpasswd": f"{login['username']}:{hashed.replace('$2b$', '$2y$', 1)}\n"}


def dockerconfigjson(login: Mapping[str, str], registry: str) -> dict[str, str]:
    """The .dockerconfigjson of one registry."""
    token = base64.b64encode(f"{login['username']}:{login['password']}".encode()).decode()
    entry = {"username": login["username"], "password": login["password"], "auth": token}
    return {".dockerconfigjson": json.dumps({"auths": {registry: entry}})}


def refs_of(project: str, rendered: Rendered) -> tuple[Ref, ...]:
    """Which Secrets are made for a component."""
    return tuple(ref_for(spec, project) for spec in rendered.component.secrets)


def ensure(client: Client, spec: SecretSpec, component: str, project: str) -> bool:
    """Create the Secret unless it is there; whether it was created.

    A derived Secret whose source is another one than it was made of is made anew, a certificate also before it ends.
    """
    if spec.kind in CERTIFIED:
        return certificates.ensure(client, spec, component, project)
    ref = ref_for(spec, project)
    origin = source(client, spec, project, "made of") if spec.source else None
    present = client.get("v1", "Secret", ref.name, ref.namespace)
    if present is not None:
        made_of = (present["metadata"].get("annotations") or {}).get(SOURCE_UID)
        if origin is None or made_of == origin["metadata"]["uid"]:
            return False
        client.delete(ref)
    return created(client, _secret(spec, ref, component, origin))


def _secret(spec: SecretSpec, ref: Ref, component: str, origin: Obj | None) -> Obj:
    kind, annotations = "Opaque", {}
    if origin is None:
        values = generate(spec.keys)
    else:
        login = {key: base64.b64decode(value).decode() for key, value in origin["data"].items()}
        annotations = {SOURCE_UID: origin["metadata"]["uid"]}
        if spec.kind == "dockerconfigjson":
            kind, values = "kubernetes.io/dockerconfigjson", dockerconfigjson(login, spec.registry)
        else:
            values = htpasswd(login)
    return secret_object(ref, component, kind, values, annotations)
