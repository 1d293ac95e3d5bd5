"""What Slipway keeps in the cluster about itself: whether it can be read."""

from __future__ import annotations

from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, many, ok, warn
from slipway.release.state import inventory, revisions

_REPAIR = "slipway install"


def run(ctx: Context) -> list[Finding]:
    """Records of components, the release, and the revisions."""
    records, release = inventory.load_records(ctx.kube), inventory.load_release(ctx.kube)
    history = revisions.entries(ctx.kube)
    findings = [
        fail(text.removesuffix(f"; {inventory.REPAIR}"), _REPAIR) for text in inventory.damages(records, release)
    ]
    findings += [
        warn(f"revision {entry.number} is damaged: {'; '.join(entry.damage)}", "roll back to another one; ten stay")
        for entry in history
        if entry.damage
    ]
    return findings or [ok(f"{many(len(records), 'component')} and {many(len(history), 'revision')} on record")]
