"""``slipway doctor``: what this machine or a cluster lacks, with a remedy each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from slipway.cli.options import cluster_options, options_of, output_option
from slipway.doctor.check import Row
from slipway.errors import EXIT_FAILED

MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "skip": "·"}


@click.command()
@click.option("--only", multiple=True, metavar="CHECK", help="Only this check; repeatable. docs/doctor.md lists them.")
@output_option
@cluster_options
@click.pass_context
def doctor(ctx: click.Context, only: tuple[str, ...], output: str, overlay: str, sets: tuple[str, ...]) -> None:
    """Look at a cluster, and at this machine where it carries the embedded one; changes nothing.

    Pods that some checks start are removed again. Exit code 1 when something failed.

    \b
    Example:
      slipway doctor
      slipway doctor --overlay gke --only permissions --output json
    """
    from slipway.workflows.examination import diagnose, refuse_unknown
    from slipway.workflows.platform import load_platform

    refuse_unknown(only)
    rows = diagnose(load_platform(options_of(ctx, sets, overlay)), only)
    click.echo(json.dumps([asdict(row) for row in rows], indent=2) if output == "json" else text(rows))
    if any(row.result == "fail" for row in rows):
        raise click.exceptions.Exit(EXIT_FAILED)


def text(rows: Sequence[Row]) -> str:
    """One line per row, the remedy below, the counts at the end."""
    lines = []
    for row in rows:
        lines.append(f"{MARKS[row.result]} {row.check:<18} {row.cause}")
        if row.remedy:
            lines.append(f"{'':21}→ {row.remedy}")
    counts = {result: sum(row.result == result for row in rows) for result in MARKS}
    lines.append(", ".join(f"{count} {result}" for result, count in counts.items() if count))
    return "\n".join(lines)
