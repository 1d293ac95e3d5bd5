"""Step `serve`: a SeldonDeployment, pulled from the registry."""

from __future__ import annotations

from slipway.smoke import judges, names
from slipway.smoke.context import Context
from slipway.smoke.objects import serving


def serve(context: Context) -> str:
    """Create the SeldonDeployment and wait until it is available. Raises SlipwayError."""
    deployment = serving.build(context.options, context.run, context.report.image)
    context.finish(deployment, judges.seldon, "serve", f"seldon-deployment-id={names.SERVE}")
    return f"SeldonDeployment {names.SERVE} is available"
