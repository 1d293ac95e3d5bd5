"""local-path works when a claim gets a volume that a user can write to: without a class, where it is the default."""

from __future__ import annotations

from slipway.readiness.context import ProbeContext
from slipway.readiness.probes.classclaim import write


def probe_claim(ctx: ProbeContext) -> str:
    """A claim of one writer, and a Pod that writes."""
    storage_class = "" if ctx.settings.get("default_class", "true") == "true" else "local-path"
    return write(ctx, "local-path", "local-path", storage_class, "ReadWriteOnce")
