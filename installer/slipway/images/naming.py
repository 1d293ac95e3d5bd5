"""Names in a mirror: REGISTRY/<host>/<path>, tag and digest kept.

The host is the first part of the path, so that images of two registries never meet; its port's colon becomes an
underscore, which no host can have.
"""

from __future__ import annotations

import re

from slipway.errors import BadInput
from slipway.images.reference import Reference, parse

_REGISTRY = re.compile(r"[a-z0-9][a-z0-9.-]*(?::[0-9]{1,5})?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")


def check_registry(text: str, where: str) -> str:
    """The registry without a trailing slash. Raises BadInput for what is not a host[:port][/path]."""
    registry = text.rstrip("/")
    reference = parse(f"{registry}/x:y") if _REGISTRY.fullmatch(registry) else None
    if reference is None or reference.host != host_of(registry):
        raise BadInput(f"'{text}' is not a registry", where, "HOST[:PORT][/PATH], e.g. registry.example.com/platform")
    return registry


def mirrored(reference: Reference, registry: str) -> Reference:
    """Where an image of another registry lies in the mirror."""
    target = parse(f"{registry}/{reference.host.replace(':', '_')}/{reference.path}")
    if target is None:
        raise BadInput(f"the name of {reference} is too long for {registry}", "images.registry", "a shorter path")
    return Reference(
        target.host, target.path, reference.tag or ("" if reference.digest else "latest"), reference.digest
    )


def is_in(reference: Reference, registry: str) -> bool:
    """Whether an image lies in the registry already."""
    return reference.name.startswith(f"{registry}/")


def host_of(text: str) -> str:
    """The host of a registry or reference text: what comes before the first slash."""
    return text.partition("/")[0]
