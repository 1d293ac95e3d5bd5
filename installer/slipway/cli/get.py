"""``slipway get``: what a revision holds."""

from __future__ import annotations

from typing import Any

import click
import yaml

from slipway.cli.options import cluster_options, options_of


@click.command()
@click.argument("what", type=click.Choice(["config", "manifests", "inventory"]))
@click.argument("revision", required=False, type=int)
@click.option("--only", multiple=True, metavar="COMPONENT", help="Only this one; repeatable.")
@cluster_options
@click.pass_context
def get(
    ctx: click.Context, what: str, revision: int | None, only: tuple[str, ...], overlay: str, sets: tuple[str, ...]
) -> None:
    """Print the configuration, the manifests or the inventory of REVISION (default: the newest), as YAML.

    \b
    Example:
      slipway get manifests 3 --only argo
    """
    from slipway.errors import BadInput
    from slipway.release.state import revisions
    from slipway.workflows.platform import connect

    client = connect(options_of(ctx, sets, overlay, reads=True))
    history = revisions.entries(client)
    if not history:
        raise BadInput("there are no revisions: nothing was installed", "revision", "slipway install")
    found = revisions.load(client, history[-1].number if revision is None else revision)
    click.echo(yaml.safe_dump_all(_documents(found, what, only), sort_keys=False, allow_unicode=True), nl=False)


def _documents(found: Any, what: str, only: tuple[str, ...]) -> list[Any]:
    from slipway.kube import ref_of
    from slipway.release.diff.clean import shown

    if what == "config":
        settings = {name: {"settings": dict(item.settings)} for name, item in found.components.items()}
        return [{"overlay": found.overlay, "given": dict(found.origin.config), "components": settings}]
    chosen = {name: item for name, item in sorted(found.components.items()) if not only or name in only}
    if what == "manifests":
        # Values of Secrets are in the cluster; here they are not shown.
        return [shown(obj) for item in chosen.values() for obj in item.objects]
    rows = {name: [str(ref_of(obj)) for obj in item.objects] for name, item in chosen.items()}
    versions = {name: f"{item.component.version} ({item.component.edition})" for name, item in chosen.items()}
    return [{"revision": found.number, "began": found.began, "versions": versions, "objects": rows}]
