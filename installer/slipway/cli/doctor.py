"""``slipway doctor``: what this machine lacks, with a remedy each."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from slipway.doctor.model import Finding
from slipway.errors import EXIT_FAILED

MARKS = {"ok": "✓", "note": "·", "warning": "!", "error": "✗"}


@click.command()
@click.option("--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def doctor(ctx: click.Context, output: str) -> None:
    """Look at this machine before an embedded cluster is started on it; changes nothing.

    Exit code 1 when something stands in the way.

    \b
    Example:
      slipway doctor
      slipway doctor --output json
    """
    from slipway.cli.cluster import node_config
    from slipway.doctor.preflight import preflight

    findings = preflight(node_config(ctx))
    click.echo(json.dumps([asdict(each) for each in findings], indent=2) if output == "json" else text(findings))
    if any(finding.level == "error" for finding in findings):
        raise click.exceptions.Exit(EXIT_FAILED)


def text(findings: list[Finding]) -> str:
    """One line per finding, the remedy below."""
    lines = []
    for finding in findings:
        lines.append(f"{MARKS[finding.level]} {finding.check:<16} {finding.says}")
        if finding.remedy:
            lines.append(f"{'':19}→ {finding.remedy}")
    return "\n".join(lines)


if __name__ == "__main__":
    doctor()
