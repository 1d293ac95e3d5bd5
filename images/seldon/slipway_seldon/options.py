"""The operator's settings, from its environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway_controller.reader import Obj


@dataclass(frozen=True)
class Options:
    """``short_path_namespace``: whose models are also reachable as /seldon/<name>/ ("" for none). ``gateway_reports``:
    the gateway writes in a Mapping's status that it serves it (Slipway's does, Emissary's only when told to).

    An image that is "" is not there: what needs it is refused. ``servers`` and ``initializer`` have the format of
    upstream's seldon-config (predictor_servers, storageInitializer).
    """

    short_path_namespace: str = ""
    gateway_reports: bool = False
    executor_image: str = ""
    executor_resources: Obj = field(default_factory=dict)
    servers: Obj = field(default_factory=dict)
    initializer: Obj = field(default_factory=dict)
    default_secret: str = ""


def options(env: Mapping[str, str]) -> Options:
    """Read them. Raises ValueError, which says the variable, when one holds no JSON object."""
    return Options(
        short_path_namespace=env.get("SHORT_PATH_NAMESPACE", ""),
        gateway_reports=env.get("GATEWAY_REPORTS") == "true",
        executor_image=env.get("EXECUTOR_IMAGE", ""),
        executor_resources=_object(env, "EXECUTOR_RESOURCES"),
        servers=_object(env, "PREDICTOR_SERVERS"),
        initializer=_object(env, "STORAGE_INITIALIZER"),
        default_secret=env.get("PREDICTIVE_UNIT_DEFAULT_ENV_SECRET_REF_NAME", ""),
    )


def _object(env: Mapping[str, str], name: str) -> Obj:
    try:
        found = json.loads(env.get(name) or "{}")
    except json.JSONDecodeError as error:
        raise ValueError(f"{name} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{name} must be a JSON object.")
    return found
