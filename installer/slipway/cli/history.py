"""``slipway history``: the revisions."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from slipway.cli.options import cluster_options, options_of, output_option

if TYPE_CHECKING:
    from slipway.release.state.revisions import Entry


@click.command()
@cluster_options
@output_option
@click.pass_context
def history(ctx: click.Context, overlay: str, sets: tuple[str, ...], output: str) -> None:
    """List every install, upgrade and rollback that the cluster remembers: when, who, what, and how it ended.

    \b
    Example:
      slipway history --output json
    """
    from slipway.release.state.revisions import entries
    from slipway.report.table import text_table
    from slipway.workflows.platform import connect

    history_entries = entries(connect(options_of(ctx, sets, overlay, reads=True)))
    if output == "json":
        click.echo(json.dumps([asdict(entry) for entry in history_entries], indent=2))
        return
    head = ["revision", "action", "state", "began", "seconds", "who", "overlay", "slipway", "note"]
    rows = [_row(entry) for entry in history_entries]
    if rows:
        click.echo(text_table(head, rows, right=(0, 4)))
        for entry in history_entries:
            if entry.damage:
                click.echo(f"! revision {entry.number} is damaged: {'; '.join(entry.damage)}")
    else:
        click.echo("no revisions: nothing was installed")


def _row(entry: Entry) -> list[str]:
    seconds = "" if entry.seconds is None else f"{entry.seconds:.0f}"
    parts = [str(entry.number), entry.action, entry.state, entry.began, seconds, entry.who]
    return [*parts, entry.overlay, entry.version, entry.note]
