"""``slipway plan``: what an installation would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from slipway.cli.options import adopt_option, cluster_options, options_of, replace_option
from slipway.errors import EXIT_FAILED, SlipwayError
from slipway.workflows.options import Overrides

if TYPE_CHECKING:
    from slipway.workflows.platform import Platform

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
        code = show(_platform(ctx, overlay, sets, components), output, Overrides(adopt, replace), brief=brief)
    except SlipwayError as error:
        if detailed_exitcode:
            # 2 means changes here, so that bad input is 1 as every other error.
            error.exit_code = EXIT_FAILED
        raise
    if code == EXIT_FAILED or (detailed_exitcode and code):
        raise click.exceptions.Exit(code)


def _platform(ctx: click.Context, overlay: str, sets: tuple[str, ...], components: tuple[str, ...]) -> Platform:
    from slipway.workflows.platform import load_platform

    return load_platform(options_of(ctx, sets, overlay), components)


def show(platform: Platform, output: str, overrides: Overrides, *, brief: bool = False) -> int:
    """Print the plan; 0: nothing to do, 2: changes, 1: something would be refused."""
    from slipway.release.diff.text import as_json, as_text, summary
    from slipway.workflows.preview import preview

    seen = preview(platform, overrides)
    if output == "json":
        more = {"refused": seen.reasons, "warnings": seen.warnings, "others": seen.unwanted, "adopted": seen.adopted}
        click.echo(as_json(seen.changes, seen.objects, more), nl=False)
    else:
        for line in as_text(seen.changes, brief=brief):
            click.echo(line)
        for name in seen.unwanted:
            click.echo(click.style(f"= {name}: is installed and not wanted; slipway uninstall {name}", fg="cyan"))
        for text in seen.warnings:
            click.echo(click.style(f"! {text}", fg="magenta"))
        for text in seen.adopted:
            click.echo(click.style(f"! {text}: would be taken over, and stay when Slipway goes", fg="magenta"))
        for text in seen.reasons:
            click.echo(click.style(f"✗ {text}", fg="red", bold=True))
        click.echo(summary(seen.changes, seen.objects) + ("; it would be refused" if seen.reasons else ""))
    if seen.refused:
        return EXIT_FAILED
    return 0 if seen.idle else EXIT_CHANGES
