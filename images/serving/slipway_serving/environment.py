"""From the environment and .s2i/environment to the command line of seldon-core-microservice. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_API_TYPES = {"REST", "GRPC", "REST,GRPC", "GRPC,REST"}
_SERVICE_TYPES = ("MODEL", "ROUTER", "TRANSFORMER", "COMBINER", "OUTLIER_DETECTOR")


class BadEnvironment(ValueError):
    """A setting is missing or has a value that cannot be."""


def read(text: str) -> dict[str, str]:
    """The KEY=VALUE lines of an s2i environment file; blank lines and comments are skipped. Raises BadEnvironment."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals or not key.isidentifier():
            raise BadEnvironment(f".s2i/environment, line {number}: {line!r} is not KEY=VALUE")
        found[key] = value
    return found


def merge(environ: Mapping[str, str], file: Mapping[str, str]) -> dict[str, str]:
    """The container's environment wins over the model's file."""
    return {**file, **environ}


def arguments(environ: Mapping[str, str]) -> list[str]:
    """The arguments after the program's name. Raises BadEnvironment."""
    name = environ.get("MODEL_NAME", "")
    if not name:
        raise BadEnvironment("MODEL_NAME is not set: it names the module and the class of the model in /microservice")
    api = environ.get("API_TYPE") or "REST"
    if api not in _API_TYPES:
        raise BadEnvironment(f"API_TYPE is {api!r}, and must be REST or GRPC (both are served in any case)")
    service = environ.get("SERVICE_TYPE") or "MODEL"
    if service not in _SERVICE_TYPES:
        raise BadEnvironment(f"SERVICE_TYPE is {service!r}, and must be one of {', '.join(_SERVICE_TYPES)}")
    persistence = environ.get("PERSISTENCE") or "0"
    if persistence not in ("0", "1"):
        raise BadEnvironment(f"PERSISTENCE is {persistence!r}, and must be 0 or 1")
    return [name, "--service-type", service, *(["--persistence"] if persistence == "1" else [])]
