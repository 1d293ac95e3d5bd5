"""``slipway plan``: what an installation would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from slipway.cli.options import adopt_option, cluster_options, given, replace_option
from slipway.errors import EXIT_FAILED, SlipwayError

if TYPE_CHECKING:
    from slipway.cli.platform import Platform

EXIT_CHANGES = 2


@click.command()
@click.option("--brief", is_flag=True, help="One line per object.")
@click.option("--detailed-exitcode", is_flag=True, help="0: nothing to do, 2: changes, 1: any error.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@adopt_option
@replace_option
@cluster_options
@click.argument("components", nargs=-1, metavar="[COMPONENT]...")
@click.pass_context
def plan(
    ctx: click.Context,
    brief: bool,
    detailed_exitcode: bool,
    output: str,
    adopt: tuple[str, ...],
    replace: tuple[str, ...],
    overlay: str,
    sets: tuple[str, ...],
    components: tuple[str, ...],
) -> None:
    """Show what install would create, change, delete and leave; change nothing.

    The API server is asked (server-side dry run), so what it and the controllers own does not show. Where it cannot
    be asked, because a CRD or a namespace is not there yet, the plan says that it guessed. Values of Secrets are
    never shown. An object or a version that would be refused makes the command fail.

    \b
    Example:
      slipway plan --overlay gke
      slipway plan argo --output json
    """
    try:
        code = show(_platform(ctx, overlay, sets, components), output, brief=brief, adopt=adopt, replaced=replace)
    except SlipwayError as error:
        if detailed_exitcode:
            # 2 means changes here, so that bad input is 1 as every other error.
            error.exit_code = EXIT_FAILED
        raise
    if code == EXIT_FAILED or (detailed_exitcode and code):
        raise click.exceptions.Exit(code)


def _platform(ctx: click.Context, overlay: str, sets: tuple[str, ...], components: tuple[str, ...]) -> Platform:
    from slipway.cli.platform import platform

    return platform(given(ctx, sets, overlay), components)


def show(
    found: Platform,
    output: str,
    *,
    brief: bool = False,
    adopt: tuple[str, ...] = (),
    replaced: tuple[str, ...] = (),
) -> int:
    """Print the plan; 0: nothing to do, 2: changes, 1: something would be refused."""
    from slipway.cli.installing import others
    from slipway.cli.which import EMBEDDED
    from slipway.release import belongs, brought, foreign
    from slipway.release.diff import compare
    from slipway.release.diff.text import as_json, as_text, summary
    from slipway.release.inventory import damages, load_records, load_release
    from slipway.release.upgrade import examine

    rendered, records = found.rendered(), load_records(found.client)
    foreign.check(rendered.values(), adopt=adopt, replace=replaced)
    there = foreign.look(found.client, found.config.project, list(rendered.values()), records)
    adopted, refused = foreign.sentences(there.adopted(adopt)), foreign.sentences(there.refused(adopt))
    changes = compare(found.client, rendered, found.config.project, replaced)
    against = examine(found.client, rendered.values(), records)
    release = load_release(found.client)
    damaged = damages(records, release)
    other = belongs.against(found.client, release, found.catalog.overlay, found.config.project, EMBEDDED)
    reasons = [*against.reasons, *([f"{other.what}: {other.remedy}"] if other else [])]
    reasons += [f"{text}; to take it over: --adopt" for text in refused]
    reasons += brought.faults(found.client, rendered.values(), found.config.project)
    left = others(found, records)
    objects = sum(len(item.objects) for item in rendered.values())
    if output == "json":
        warnings = [*against.warnings, *damaged]
        more = {"refused": reasons, "warnings": warnings, "others": left, "adopted": list(adopted)}
        click.echo(as_json(changes, objects, more), nl=False)
    else:
        for line in as_text(changes, brief=brief):
            click.echo(line)
        for name in left:
            click.echo(click.style(f"= {name}: is installed and not wanted; slipway uninstall {name}", fg="cyan"))
        for text in (*against.warnings, *damaged):
            click.echo(click.style(f"! {text}", fg="magenta"))
        for text in adopted:
            click.echo(click.style(f"! {text}: would be taken over, and stay when Slipway goes", fg="magenta"))
        for text in reasons:
            click.echo(click.style(f"✗ {text}", fg="red", bold=True))
        click.echo(summary(changes, objects) + ("; it would be refused" if reasons else ""))
    if reasons or any(change.action == "invalid" for change in changes):
        return EXIT_FAILED
    return EXIT_CHANGES if any(change.action != "keep" for change in changes) else 0
