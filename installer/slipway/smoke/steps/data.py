"""Step `data`: the data set on the claim, as IDX files."""

from __future__ import annotations

from slipway.smoke import judges, names
from slipway.smoke.context import Context
from slipway.smoke.objects import jobs
from slipway.smoke.results import Dataset
from slipway.smoke.steps import results


def data(context: Context) -> str:
    """Fill the claim and note what with. Raises SlipwayError."""
    context.finish(jobs.data(context.options, context.run), judges.job, "data")
    facts = results.last(context.log("data"), "name", "directory", "why", where=f"Job {names.DATA}")
    context.data_directory = facts["directory"]
    dataset = Dataset(facts["name"], facts["why"], int(facts["train"]), int(facts["held_out"]))
    context.report.dataset = dataset
    return f"{dataset.name}: {dataset.train} digits to learn from, {dataset.held_out} held out; {dataset.why}"
