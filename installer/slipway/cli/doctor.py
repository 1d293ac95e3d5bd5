"""``slipway doctor``: what this machine or a cluster lacks, with a remedy each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from slipway.cli.options import cluster_options, options_of, output_option
from slipway.doctor.model import RESULTS, Finding, Row
from slipway.errors import EXIT_FAILED, BadInput, SlipwayError

if TYPE_CHECKING:
    from slipway.doctor.cluster.context import Check
    from slipway.workflows.platform import Platform

MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "skip": "·"}
PKI = "/etc/kubernetes/pki"


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
    from slipway.workflows.platform import load_platform

    refuse_unknown(only)
    rows = look(load_platform(options_of(ctx, sets, overlay)), only)
    click.echo(json.dumps([asdict(row) for row in rows], indent=2) if output == "json" else text(rows))
    if any(row.result == "fail" for row in rows):
        raise click.exceptions.Exit(EXIT_FAILED)


def refuse_unknown(only: Sequence[str]) -> None:
    """Raises BadInput for a name that no check has."""
    from slipway.doctor.preflight import TABLE
    from slipway.doctor.table import CLUSTER, SERVER

    names = [SERVER, *(check.name for check in CLUSTER), *(name for name, _, _ in TABLE)]
    for name in only:
        if name not in names:
            raise BadInput(f"there is no check '{name}'", "--only", f"one of: {', '.join(names)}")


def look(platform: Platform, only: Sequence[str]) -> list[Row]:
    """The rows of the machine, where it is the cluster, and of the cluster."""
    from slipway.doctor.preflight import TABLE

    machine = {name for name, _, _ in TABLE}
    rows: list[Row] = []
    if (platform.embedded and not only) or machine & set(only):
        rows = [row for row in of_machine(platform) if not only or row.check in only]
    if not only or set(only) - machine:
        rows += of_cluster(platform, only)
    return rows


def of_machine(platform: Platform) -> list[Row]:
    """The checks of this machine."""
    from slipway.doctor.preflight import TABLE, preflight

    findings: list[Finding] = preflight(platform.node_config)
    checked = [what for _, what, _ in TABLE]
    return [
        Row(each.check, "host", what, RESULTS[each.level], each.says, each.remedy)
        for each, what in zip(findings, checked, strict=True)
    ]


def of_cluster(platform: Platform, only: Sequence[str]) -> list[Row]:
    """The checks of the cluster; one row when there is none, or it does not answer."""
    from slipway import paths
    from slipway.doctor.cluster import server
    from slipway.doctor.page import SERVER_CHECKED
    from slipway.doctor.table import CLUSTER, SERVER
    from slipway.workflows.target import kubeconfig

    if platform.embedded and not paths.KUBECONFIG.is_file():
        return [Row(SERVER, "cluster", SERVER_CHECKED, "skip", "there is no cluster on this machine yet", "slipway up")]
    seen = server.look(lambda: platform.client, kubeconfig(platform.options, platform.catalog.overlay))
    first = [Row(SERVER, "cluster", SERVER_CHECKED, RESULTS[seen.level], seen.says, seen.remedy)]
    if seen.level == "error":
        return first
    rows = first if not only or SERVER in only else []
    checks = [check for check in CLUSTER if not only or check.name in only]
    return rows + _examined(platform, checks)


def _examined(platform: Platform, checks: Sequence[Check]) -> list[Row]:
    from pathlib import Path

    from slipway.doctor.cluster.context import Context
    from slipway.doctor.examine import examine
    from slipway.workflows.target import kubeconfig

    rendered, unplanned = {}, ""
    if any(check.plan for check in checks):
        try:
            rendered = platform.rendered()
        except BadInput:
            raise
        except SlipwayError as error:
            unplanned = str(error).replace("\n", " ")
    context = Context(
        kube=platform.client,
        rendered=rendered,
        project=platform.config.project,
        imported=platform.brings_images,
        kubeconfig=kubeconfig(platform.options, platform.catalog.overlay),
        pki=Path(PKI) if platform.embedded else None,
    )
    return examine(context, checks, unplanned=unplanned)


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


if __name__ == "__main__":
    doctor()
