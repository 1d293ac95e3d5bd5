"""Where images are taken from: pinned by the lock, pointed at a mirror. A pure function of objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from slipway.images import lock, naming, scan
from slipway.images.reference import Reference, parse
from slipway.kube.objects import Obj

Placement = Callable[[Obj], Obj]


def nowhere_else(obj: Obj) -> Obj:
    """The placement that changes nothing."""
    return obj


def placement(registry: str, locked: Mapping[str, str]) -> Placement:
    """Rewrites every reference of an object: digest from ``locked``, then the name in ``registry`` ("": its own)."""
    if not registry and not locked:
        return nowhere_else

    def change(text: str, _: scan.Path) -> str:
        old = parse(text)
        new = placed(old, registry, locked) if old else old
        return text if new == old else str(new)

    return lambda obj: scan.visit(obj, change)


def placed(reference: Reference, registry: str, locked: Mapping[str, str]) -> Reference:
    """The reference, pinned and in the mirror. What users push to the platform's own registry stays."""
    if reference.internal or (registry and naming.is_in(reference, registry)):
        return reference
    digest = "" if reference.digest else locked.get(lock.key(reference), "")
    pinned = reference.pinned(digest) if digest else reference
    return naming.mirrored(pinned, registry) if registry else pinned
