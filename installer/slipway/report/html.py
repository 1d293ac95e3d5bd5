"""The smoke test's report as one HTML page: no scripts, nothing from the network, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jinja2

from slipway.report import html_charts, html_png

if TYPE_CHECKING:
    from slipway.smoke.results import SmokeReport

#: What each step proves, for readers who see the report first.
EXPLAINED = {
    "data": "Handwritten digits on the shared NFS claim, as IDX files",
    "tune": "Katib searches learning rate and momentum of a PyTorch network",
    "train": "The training operator runs a PyTorchJob and a TFJob, each over several Pods",
    "pick": "ONNX Runtime measures both models on digits that no training saw",
    "package": "An Argo Workflow builds the model image in the cluster and pushes it",
    "serve": "Seldon's microservice pulls the image and becomes available",
    "predict": "Held-out digits through the gateway, on both paths",
}


def render(report: SmokeReport) -> str:
    """The page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("slipway.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["seconds"] = lambda value: f"{value:.1f} s"
    environment.filters["percent"] = lambda value: f"{value * 100:.1f} %"
    return environment.get_template("smoke.html.j2").render(view(report))


def view(report: SmokeReport) -> dict[str, Any]:
    """All that the template shows, as plain values."""
    predictions = report.predictions
    samples = predictions.samples if predictions else ()
    return {
        "report": report,
        "failed": next((step for step in report.steps if step.state == "failed"), None),
        "explained": EXPLAINED,
        "timeline": html_charts.timeline(report.steps),
        "trials": sorted(report.trials, key=lambda trial: -(trial.accuracy or 0)),
        "panels": html_charts.panels(report.trials, report.best),
        "matrix": html_charts.matrix(predictions.confusion) if predictions else None,
        "samples": [(sample, html_png.data_uri(sample.pixels, 28)) for sample in samples],
        "wrong": sum(sample.label != sample.predicted for sample in samples),
    }
