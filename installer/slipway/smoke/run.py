"""The run: its steps one after the other, the report whatever happens, the objects removed unless they are kept."""

from __future__ import annotations

import time

from slipway.errors import SlipwayError
from slipway.kube import Client
from slipway.progress import Reporter
from slipway.smoke import cleanup, files
from slipway.smoke.context import Context
from slipway.smoke.lock import Lock
from slipway.smoke.options import SmokeOptions
from slipway.smoke.results import STEPS, SmokeReport, Step
from slipway.smoke.seed import Seeding
from slipway.smoke.steps import ACTIONS


def run(options: SmokeOptions, kube: Client, reporter: Reporter) -> SmokeReport:
    """Run the smoke test and write its reports; see the package's docstring.

    Raises BadInput or SlipwayError before it begins: bad options, names that are somebody else's, another run.
    """
    context = Context.create(options, kube, reporter)
    with Lock(kube, options.project, context.run, reporter):
        cleanup.before(context)
        _run(context)
    report = context.report
    mark, result = ("✓", "passed") if report.ok else ("✗", "failed")
    reporter.say(f"smoke: {result} in {report.seconds:.1f} s; {options.report_dir / files.HTML}", mark=mark)
    return report


def _run(context: Context) -> None:
    """Steps, removal, reports. The time of the removal counts."""
    start = time.monotonic()
    try:
        with Seeding(context) as context.seeding:
            _steps(context)
    finally:
        try:
            if context.options.keep:
                kept = ", ".join(str(ref) for ref in cleanup.present(context))
                context.reporter.say(f"smoke: kept for you: {kept}")
            else:
                cleanup.after(context)
        finally:
            context.report.seconds = time.monotonic() - start
            files.write(context.report, context.options.report_dir)


def _steps(context: Context) -> None:
    """The steps in order; after one that failed the others are skipped."""
    report = context.report
    for name in STEPS:
        if report.error:
            report.steps.append(Step(name, "skipped"))
            continue
        start = time.monotonic()
        summary, error = "", ""
        try:
            with context.reporter.step("smoke", name):
                summary = ACTIONS[name](context)
            context.reporter.say(f"smoke: {summary}")
        except SlipwayError as caught:
            error = str(caught)
            context.reporter.say(error, mark="✗")
        except BaseException as caught:
            report.steps.append(
                Step(name, "failed", time.monotonic() - start, error=f"{type(caught).__name__}: {caught}")
            )
            raise
        report.steps.append(Step(name, "failed" if error else "passed", time.monotonic() - start, summary, error))
