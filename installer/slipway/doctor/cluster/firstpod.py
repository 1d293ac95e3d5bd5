"""A pod that does nothing: without it, no other check that starts pods says anything."""

from __future__ import annotations

from slipway.doctor.cluster import pods
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, ok


def run(ctx: Context) -> list[Finding]:
    """Start it, with the image that all checks use."""
    return [judge(ctx.image, pods.run(ctx, pods.pod(ctx, "id -u")))]


def judge(image: str, done: pods.Outcome) -> Finding:
    """It ended, or the cluster says what holds it up."""
    if done.good:
        return ok(f"a pod of {image} ran as user {done.why}")
    remedy = "components.storage.settings.helper_image names another small image with a shell"
    return fail(f"a pod of {image} does not run: {done.why}", done.remedy or remedy)
