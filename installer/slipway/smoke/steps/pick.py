"""Step `pick`: the better model on the held-out digits, measured with the class that will serve it."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace
from typing import Any

from slipway.errors import SlipwayError
from slipway.smoke import judges, names
from slipway.smoke.context import Context
from slipway.smoke.objects import jobs
from slipway.smoke.predictions import Digit
from slipway.smoke.steps import results
from slipway.smoke.steps.train import files

#: An exported model may judge so many held-out digits otherwise than its trainer did (rounding); as a share.
TOLERANCE = 0.006


def pick(context: Context) -> str:
    """Measure, choose, and take the digits to ask. Raises SlipwayError when an export differs from what was trained."""
    context.kube.apply(jobs.scripts(context.options, context.run))
    job = jobs.pick(context.options, context.run, context.data_directory, files(context.run))
    context.finish(job, judges.job, "pick")
    events = results.objects(context.log("pick", tail=2000))
    scores = {event["framework"]: event for event in events if event.get("event") == "score"}
    chosen = next((event["framework"] for event in events if event.get("event") == "best"), "")
    models = []
    for model in context.report.models:
        if model.framework not in scores:
            raise SlipwayError(f"did not measure the model of {model.framework}", f"Job {names.PICK}")
        measured = float(scores[model.framework]["accuracy"])
        if abs(measured - model.trained_accuracy) > TOLERANCE:
            raise SlipwayError(
                f"the exported model has accuracy {measured:.4f}, its trainer measured {model.trained_accuracy:.4f}",
                model.name,
                "the export to ONNX is wrong",
            )
        models.append(replace(model, onnx_accuracy=measured, chosen=model.framework == chosen))
    context.report.models = models
    context.digits = digits(events)
    best = next(model for model in models if model.chosen)
    return f"{best.framework} with an accuracy of {best.onnx_accuracy:.4f} ({best.bytes / 1000:.0f} kB of ONNX)"


def digits(events: list[dict[str, Any]]) -> tuple[Digit, ...]:
    """The digits in the events: (label, 784 bytes). Raises SlipwayError when parts are missing."""
    parts = sorted((event for event in events if event.get("event") == "digits"), key=lambda event: event["part"])
    if not parts or len(parts) != parts[0]["parts"]:
        raise SlipwayError(f"{len(parts)} parts of the digits arrived", f"Job {names.PICK}")
    count = int(parts[0]["count"])
    content = zlib.decompress(base64.b64decode("".join(part["content"] for part in parts)))
    if len(content) != count * 785:
        raise SlipwayError(f"{len(content)} bytes for {count} digits", f"Job {names.PICK}")
    pixels = content[count:]
    return tuple((content[i], pixels[i * 784 : (i + 1) * 784]) for i in range(count))
