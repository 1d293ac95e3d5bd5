"""``slipway status``: what is installed, and how it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from slipway.cli.options import cluster_options, given, output_option
from slipway.errors import EXIT_FAILED

if TYPE_CHECKING:
    from slipway.kube import Client
    from slipway.release.diff import Change
    from slipway.release.kept import Kept


@click.command()
@click.argument("components", nargs=-1, metavar="[COMPONENT]...")
@click.option("--drift", is_flag=True, help="Also what others changed by hand: which field, who, when.")
@cluster_options
@output_option
@click.pass_context
def status(
    ctx: click.Context, components: tuple[str, ...], drift: bool, overlay: str, sets: tuple[str, ...], output: str
) -> None:
    """Show what is installed in the cluster and whether it is ready. Exit code 1 when something is not.

    Also what an uninstallation has kept because it may hold data.

    `slipway install` puts back what is ours; what others own stays theirs.

    \b
    Example:
      slipway status
      slipway status katib --output json
      slipway status --drift
    """
    from slipway.cli.platform import connect
    from slipway.errors import BadInput
    from slipway.release import kept
    from slipway.release.health import health
    from slipway.release.inventory import load_records, load_release

    client = connect(given(ctx, sets, overlay, reads=True))
    records = load_records(client)
    left = kept.find(client, records, components)
    unknown = sorted(set(components) - set(records) - {name for item in left for name in item.components})
    if unknown:
        raise BadInput(f"'{unknown[0]}' is not installed", remedy=f"installed: {', '.join(records) or 'nothing'}")
    records = {name: record for name, record in records.items() if not components or name in components}
    release, found = load_release(client), health(client, records)
    rows: list[dict[str, Any]] = [
        {
            "component": name,
            "version": record.version,
            "edition": record.edition,
            "state": found[name].state,
            "changed": record.changed,
            "objects": len(record.all),
            "problems": list(found[name].problems),
        }
        for name, record in sorted(records.items())
    ]
    drifted = _drift(client, components) if drift else []
    if output == "json":
        head = {"revision": release.revision, "overlay": release.overlay, "smoke": release.smoke}
        more = {"drift": _rows(drifted)} if drift else {}
        click.echo(json.dumps({**head, "components": rows, "kept": [_kept(item) for item in left], **more}, indent=2))
    else:
        click.echo(text(rows, release.revision, release.overlay))
        for item in left:
            click.echo(f"= kept by an uninstallation: {item}")
        if left:
            click.echo("  to remove it: slipway uninstall --delete-data")
        for line in _lines(drifted) if drift else ():
            click.echo(line)
    if not rows or any(row["state"] != "ready" for row in rows):
        raise click.exceptions.Exit(EXIT_FAILED)


def _drift(client: Client, components: tuple[str, ...]) -> list[Change]:
    from slipway.release.drift import drift

    return drift(client, components)


def _kept(item: Kept) -> dict[str, Any]:
    ref = item.ref
    names = {"apiVersion": ref.api_version, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
    return {**names, "components": list(item.components), "since": item.since}


def _rows(changes: list[Change]) -> list[Any]:
    from slipway.release.diff.text import as_json

    found: list[Any] = json.loads(as_json(changes, 0))["changes"]
    return found


def _lines(changes: list[Change]) -> list[str]:
    from slipway.release.drift import lines

    return list(lines(changes)) or ["no drift: everything is as the last revision left it"]


def text(rows: list[dict[str, Any]], revision: int, overlay: str) -> str:
    """A status for people."""
    from slipway.report.table import text_table

    if not rows:
        return "nothing is installed here; run: slipway up, or slipway install"
    head = ["component", "version", "edition", "state", "since", "objects"]
    cells = [
        [row["component"], row["version"], row["edition"], row["state"], row["changed"], str(row["objects"])]
        for row in rows
    ]
    lines = [text_table(head, cells, right=(5,)), f"release {revision} of overlay {overlay}"]
    lines += [f"✗ {row['component']}: {problem}" for row in rows for problem in row["problems"][:10]]
    return "\n".join(lines)
