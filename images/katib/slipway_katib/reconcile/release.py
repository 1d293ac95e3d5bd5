"""Objects that are deleted while upstream's finalizers hold them: an installation may have had that edition before."""

from __future__ import annotations

from slipway_katib.names import UPSTREAM_FINALIZERS, Obj
from slipway_katib.reconcile.actions import Action, SetFinalizers


def release(obj: Obj) -> list[Action]:
    """Let an object go that is being deleted; finalizers of others stay."""
    there = obj["metadata"].get("finalizers") or []
    kept = tuple(name for name in there if name not in UPSTREAM_FINALIZERS)
    return [SetFinalizers(obj, kept)] if len(kept) < len(there) else []
