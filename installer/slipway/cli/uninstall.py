"""``slipway uninstall``: the components, off the cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from slipway.cli.asking import UNCHANGED, confirm
from slipway.cli.options import cluster_options, options_of
from slipway.errors import BadInput

if TYPE_CHECKING:
    from slipway.release.objects.user_objects import Group
    from slipway.release.removal.decide import Foreseen


@click.command()
@click.argument("components", nargs=-1, metavar="[COMPONENT]...")
@click.option("--delete-data", is_flag=True, help="Volumes, claims and the project namespace, too.")
@click.option("--keep-custom-resources", is_flag=True, help="CRDs and users' objects of their kinds stay.")
@click.option("--dry-run", is_flag=True, help="Only show what would go and what would stay.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of --dry-run.")
@click.option("--yes", is_flag=True, help="Do not ask before users' objects or data are deleted.")
@cluster_options
@click.pass_context
def uninstall(
    ctx: click.Context,
    components: tuple[str, ...],
    delete_data: bool,
    keep_custom_resources: bool,
    dry_run: bool,
    output: str,
    yes: bool,
    overlay: str,
    sets: tuple[str, ...],
) -> None:
    """Remove COMPONENTs (default: all) with everything that they brought, the objects of their kinds included.

    What goes is listed first. When users' objects are among it (Experiments, Workflows, Mappings and so on), or data,
    it asks; without a terminal it wants --yes.

    Claims, volumes and the project namespace stay, unless --delete-data is given; CRDs, users' objects and the
    namespaces that these are in, if --keep-custom-resources is given: an installation takes them up again. What has
    stayed is marked: slipway status lists it, and a later uninstallation without the option, or with --delete-data,
    removes it, too.

    \b
    Example:
      slipway uninstall --dry-run
      slipway uninstall
      slipway uninstall katib --delete-data
      slipway uninstall argo --keep-custom-resources
    """
    from slipway.progress import Reporter
    from slipway.release.removal.decide import foresee
    from slipway.release.removal.uninstall import uninstall as run
    from slipway.release.state.target import require_match
    from slipway.workflows.platform import connected
    from slipway.workflows.target import for_embedded

    if output == "json" and not dry_run:
        raise BadInput("--output json is for --dry-run", remedy="add --dry-run, or leave --output out")
    if keep_custom_resources and delete_data:
        raise BadInput(
            "--delete-data takes the project namespace, and users' objects with it",
            remedy="leave --keep-custom-resources or --delete-data out",
        )
    options = options_of(ctx, sets, overlay)
    (client, config), reporter = connected(options), Reporter()
    project = require_match(client, reporter, config.overlay, config.project, for_embedded).project or config.project
    seen = foresee(client, components, project, delete_data=delete_data, keep_custom=keep_custom_resources)
    if dry_run:
        click.echo(
            as_json(seen) if output == "json" else "\n".join([*(_lines(seen) or ["nothing is installed"]), UNCHANGED])
        )
        return
    for line in _lines(seen):
        click.echo(line, err=True)
    if seen.loses and not yes:
        confirm(
            "Delete all this?",
            "uninstall deletes for good what is listed above, and there is no terminal to ask at; nothing was changed",
            "add --yes, or look first: --dry-run",
        )
    removal = run(
        client,
        components,
        project,
        reporter,
        timeout=config.uninstall_timeout,
        delete_data=delete_data,
        keep_custom=keep_custom_resources,
    )
    click.echo(_summary(len(removal.refs), len(removal.kept), len(removal.custom)))


def _summary(removed: int, kept: int, custom: int) -> str:
    if not removed and not kept:
        return "nothing was installed; what an uninstallation has kept, slipway status lists"
    how = " and ".join(
        [*(["slipway uninstall"] if custom else []), *(["slipway uninstall --delete-data"] if kept > custom else [])]
    )
    stays = f"; {kept} stay (slipway status lists them, {how} removes them)"
    return f"removed {removed} objects" + (stays if kept else "")


def _lines(seen: Foreseen) -> list[str]:
    """What goes and what stays, for people: what cannot be brought back last, where it is read."""
    from slipway.release.deletion.delete import counted

    lines = [f"removes {', '.join(seen.components)}"] if seen.components else []
    if seen.refs:
        lines.append(f"removes of Slipway's own: {counted(seen.refs)}")
    places = [ref.name for ref in seen.refs if ref.kind == "Namespace"]
    if places:
        lines.append(f"removes the namespaces {', '.join(places)} with everything in them")
    lines += [f"stays installed: {', '.join(seen.remaining)}"] if seen.components and seen.remaining else []
    kinds = [ref for ref in seen.kept if ref.kind == "CustomResourceDefinition"]
    lines += [f"stays: {ref}" for ref in seen.kept if ref not in kinds]
    lines += [f"stays: {counted(kinds)}"] if kinds else []
    lines += [f"stays: {ref}; Slipway did not make it" for ref in seen.theirs]
    lines += seen.shared
    lines += [f"stays, of users: {group}" for group in seen.staying]
    lines += [f"deletes for good, of users: {group}" for group in seen.users]
    return lines + [f"deletes for good: {line}" for line in seen.data]


def as_json(seen: Foreseen) -> str:
    """What goes and what stays, for scripts."""
    from slipway.kube import Ref

    def rows(refs: tuple[Ref, ...]) -> list[dict[str, str]]:
        return [{"apiVersion": r.api_version, "kind": r.kind, "namespace": r.namespace, "name": r.name} for r in refs]

    def groups(items: tuple[Group, ...]) -> list[dict[str, Any]]:
        return [
            {
                "apiVersion": group.api_version,
                "kind": group.kind,
                "namespace": group.namespace,
                "names": list(group.names),
                "dependents": group.dependents,
            }
            for group in items
        ]

    value = {
        "components": list(seen.components),
        "objects": rows(seen.refs),
        "users": groups(seen.users),
        "data": list(seen.data),
        "asks": seen.loses,
        "stays": {
            "components": list(seen.remaining),
            "objects": rows(seen.kept),
            "adopted": rows(seen.theirs),
            "shared": list(seen.shared),
            "users": groups(seen.staying),
        },
    }
    return json.dumps(value, indent=2)
