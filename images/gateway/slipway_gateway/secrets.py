"""The Secrets that TLSContexts name. The gateway may read none until somebody lets it: one Role for one Secret.

Each is asked for by its name, so that no right to list or watch Secrets is needed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from slipway_controller.api import Api, ApiError

from slipway_gateway.model import Json

Key = tuple[str, str]
ACCOUNT = "ambassador:gateway"


@dataclass(frozen=True)
class Secret:
    """``data`` as text; ``problem`` why it cannot be used."""

    data: Mapping[str, str] = field(default_factory=dict, repr=False)
    problem: str = ""


def secret(obj: Json) -> Secret:
    """What counts of a Secret object."""
    data = obj.get("data") or {}
    try:
        return Secret({key: base64.b64decode(value, validate=True).decode("ascii") for key, value in data.items()})
    except (binascii.Error, ValueError):
        # Of another kind of content: nothing of it is shown.
        return Secret(problem="the Secret holds something else than PEM")


async def fetch(api: Api, keys: Iterable[Key]) -> dict[Key, Secret]:
    """The Secrets of these names. Raises ApiError when the API server does not answer."""
    return {key: await _one(api, *key) for key in sorted(set(keys))}


async def _one(api: Api, namespace: str, name: str) -> Secret:
    place = f"{namespace}/{name}"
    try:
        found = await api.get("v1", "Secret", namespace, name)
    except ApiError as error:
        if error.status == 403:
            return Secret(problem=f"the gateway may not read Secret {place}: {remedy(namespace, name)}")
        if error.status in (400, 422):
            return Secret(problem=f"{place} is no name of a Secret")
        raise
    return secret(found) if found else Secret(problem=f"there is no Secret {place} (yet)")


def remedy(namespace: str, name: str) -> str:
    """What lets the gateway read one Secret."""
    role = f"gateway-{name}"
    return (
        f"kubectl -n {namespace} create role {role} --verb=get --resource=secrets --resource-name={name} && "
        f"kubectl -n {namespace} create rolebinding {role} --role={role} --serviceaccount={ACCOUNT}"
    )
