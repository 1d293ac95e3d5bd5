"""``slipway status``: what is installed, and how it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from slipway.cli.options import cluster_options, options_of, output_option
from slipway.errors import EXIT_FAILED

if TYPE_CHECKING:
    from slipway.kube import Client, Ref
    from slipway.release.diff import Change
    from slipway.release.removal.retained import Retained
    from slipway.release.removal.terminating import TerminatingNamespace


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

    Also what an uninstallation has kept (data, and with --keep-custom-resources users' objects and their kinds), and
    its namespaces that still end.

    `slipway install` puts back what is ours; what others own stays theirs.

    \b
    Example:
      slipway status
      slipway status katib --output json
      slipway status --drift
    """
    from slipway.errors import BadInput
    from slipway.release.removal import retained, terminating
    from slipway.release.state.health import health
    from slipway.release.state.inventory import damages, load_records, load_release
    from slipway.workflows.platform import connect

    client = connect(options_of(ctx, sets, overlay, reads=True))
    records = load_records(client)
    left, still = retained.find(client, records, components), terminating.find(client, components)
    known = {name for item in left for name in item.components} | {name for item in still for name in item.components}
    unknown = sorted(set(components) - set(records) - known)
    if unknown:
        raise BadInput(f"'{unknown[0]}' is not installed", remedy=f"installed: {', '.join(records) or 'nothing'}")
    records = {name: record for name, record in records.items() if not components or name in components}
    release, states = load_release(client), health(client, records)
    rows: list[dict[str, Any]] = [
        {
            "component": name,
            "version": record.version,
            "edition": record.edition,
            "state": states[name].state,
            "changed": record.changed,
            "objects": len(record.all),
            "problems": list(states[name].problems),
        }
        for name, record in sorted(records.items())
    ]
    drifted = _drift(client, components) if drift else []
    damaged = damages(records, release)
    ends, counts = _ends(client, still), _counts(client, left)
    if output == "json":
        head = {"revision": release.revision, "overlay": release.overlay, "smoke": release.smoke}
        more = {"drift": _rows(drifted)} if drift else {}
        more |= {"damaged": damaged} if damaged else {}
        rest = {"kept": [_kept(item, counts) for item in left], "ending": ends}
        click.echo(json.dumps({**head, "components": rows, **rest, **more}, indent=2))
    else:
        click.echo(text(rows, release.revision, release.overlay))
        for line in damaged:
            click.echo(f"! {line}")
        for line in _kept_lines(left, counts):
            click.echo(line)
        for entry in ends:
            click.echo(f"… still ends: {entry['held']}")
        for line in _lines(drifted) if drift else ():
            click.echo(line)
    if not rows or any(row["state"] != "ready" for row in rows):
        raise click.exceptions.Exit(EXIT_FAILED)


def _drift(client: Client, components: tuple[str, ...]) -> list[Change]:
    from slipway.release.planning.drift import drift

    return drift(client, components)


def _counts(client: Client, left: list[Retained]) -> dict[Ref, int]:
    """How many objects there are of the kinds that were kept."""
    from slipway.release.objects.custom_resources import instances_of

    definitions = [item.ref for item in left if item.ref.kind == "CustomResourceDefinition"]
    return {ref: len(objects) for ref, objects in instances_of(client, definitions).items()} if definitions else {}


def _kept(item: Retained, counts: dict[Ref, int]) -> dict[str, Any]:
    ref = item.ref
    names = {"apiVersion": ref.api_version, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
    more = {"objects": counts[ref]} if ref in counts else {}
    return {**names, "components": list(item.components), "since": item.since, "for": item.why, **more}


def _kept_lines(left: list[Retained], counts: dict[Ref, int]) -> list[str]:
    """What was kept, and how it is removed; kinds without objects are only counted."""
    empty = sum(1 for count in counts.values() if not count)
    lines = [
        f"= kept by an uninstallation: {item}" + (f"; {counts[item.ref]} objects" if item.ref in counts else "")
        for item in left
        if counts.get(item.ref, 1)
    ]
    lines += [f"= kept by an uninstallation: {empty} CustomResourceDefinition without objects"] if empty else []
    why = {item.why for item in left}
    lines += ["  to remove users' objects and their kinds: slipway uninstall"] if "custom-resources" in why else []
    return lines + (["  to remove it: slipway uninstall --delete-data"] if "data" in why else [])


def _ends(client: Client, still: list[TerminatingNamespace]) -> list[dict[str, Any]]:
    """Namespaces whose deletion is under way, with what holds each as far as the cluster shows it."""
    if not still:
        return []
    from slipway.release.deletion.delete import held

    return [
        {"namespace": item.ref.name, "components": list(item.components), "held": held(client, item.ref)}
        for item in still
    ]


def _rows(changes: list[Change]) -> list[Any]:
    from slipway.release.diff.text import as_json

    found: list[Any] = json.loads(as_json(changes, 0))["changes"]
    return found


def _lines(changes: list[Change]) -> list[str]:
    from slipway.release.planning.drift import lines

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
