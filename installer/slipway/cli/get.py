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
    chosen = revisions.load(client, history[-1].number if revision is None else revision)
    click.echo(yaml.safe_dump_all(_documents(chosen, what, only), sort_keys=False, allow_unicode=True), nl=False)


def _documents(revision: Any, what: str, only: tuple[str, ...]) -> list[Any]:
    from slipway.kube import ref_of
    from slipway.release.diff.clean import displayed

    if what == "config":
        settings = {name: {"settings": dict(item.settings)} for name, item in revision.components.items()}
        return [{"overlay": revision.overlay, "given": dict(revision.origin.config), "components": settings}]
    chosen = {name: item for name, item in sorted(revision.components.items()) if not only or name in only}
    if what == "manifests":
        # Values of Secrets are in the cluster; here they are not displayed.
        return [displayed(obj) for item in chosen.values() for obj in item.objects]
    rows = {name: [str(ref_of(obj)) for obj in item.objects] for name, item in chosen.items()}
    versions = {name: f"{item.component.version} ({item.component.edition})" for name, item in chosen.items()}
    return [{"revision": revision.number, "began": revision.began, "versions": versions, "objects": rows}]
