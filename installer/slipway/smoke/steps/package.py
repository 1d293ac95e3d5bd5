"""Step `package`: an Argo Workflow makes the model's image in the cluster and pushes it."""

from __future__ import annotations

from slipway.errors import SlipwayError
from slipway.smoke import judges, names
from slipway.smoke.context import Context
from slipway.smoke.objects import workflow


def package(context: Context) -> str:
    """Run the Workflow. Raises SlipwayError."""
    if context.seeding is None:
        raise SlipwayError("nothing seeds the registry", "package")
    base = context.seeding.base()
    image = f"{context.options.registry}/models/mnist:{context.run}"
    model = f"{names.directory(context.run)}/model"
    context.finish(workflow.build(context.options, context.run, model, base, image), judges.workflow, "package")
    context.report.image = image
    return f"{image} ({context.seeding.summary})"
