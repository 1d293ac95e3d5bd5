"""``slipway users``: who may log in."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from slipway.cli.options import cluster_options, options_of, output_option

if TYPE_CHECKING:
    from slipway.workflows.platform import Platform


@click.group()
def users() -> None:
    """Who may log in to the hub, each with a password of his own.

    \b
    Example:
      slipway users add harbour
      slipway users reset harbour
    """


@users.command("list")
@output_option
@cluster_options
@click.pass_context
def list_(ctx: click.Context, output: str, overlay: str, sets: tuple[str, ...]) -> None:
    """All users, when their passwords were set, what runs of theirs.

    \b
    Example:
      slipway users list --output json
    """
    from slipway.hub.users import listed
    from slipway.workflows.platform import connect

    accounts = listed(connect(options_of(ctx, sets, overlay)))
    if output == "json":
        click.echo(json.dumps([asdict(user) for user in accounts], indent=2))
        return
    from slipway.report.table import text_table

    rows = [
        (
            user.name,
            "admin" if user.admin else "",
            user.password or "none yet",
            user.last_activity,
            str(len(user.servers)),
        )
        for user in accounts
    ]
    click.echo(text_table(("name", "role", "password set", "last activity", "servers"), rows, right=(4,)))


@users.command()
@click.argument("name")
@cluster_options
@click.pass_context
def add(ctx: click.Context, name: str, overlay: str, sets: tuple[str, ...]) -> None:
    """Add the user NAME. The first password is shown once; /hub/password changes it.

    \b
    Example:
      slipway users add harbour
    """
    from slipway.hub import users as hub
    from slipway.workflows.platform import aimed

    platform = aimed(options_of(ctx, sets, overlay), "jupyterhub")
    _print_password(platform, name, hub.add(platform.client, name))


@users.command()
@click.argument("name")
@cluster_options
@click.pass_context
def reset(ctx: click.Context, name: str, overlay: str, sets: tuple[str, ...]) -> None:
    """Give NAME a new password, shown once. For admin the hub is started over; servers go on running.

    \b
    Example:
      slipway users reset harbour
    """
    from slipway.hub import users as hub
    from slipway.workflows.platform import aimed

    platform = aimed(options_of(ctx, sets, overlay), "jupyterhub")
    _print_password(platform, name, hub.reset(platform.client, name, platform.reporter))


@users.command()
@click.argument("name")
@cluster_options
@click.pass_context
def remove(ctx: click.Context, name: str, overlay: str, sets: tuple[str, ...]) -> None:
    """Remove the user NAME, his servers and tokens. His volume stays.

    \b
    Example:
      slipway users remove harbour
    """
    from slipway.hub import users as hub
    from slipway.workflows.platform import aimed

    platform = aimed(options_of(ctx, sets, overlay), "jupyterhub")
    hub.remove(platform.client, name)
    click.echo(f"{name} is removed; the volume stays: claim claim-{name} in {platform.config.project}")


def _print_password(platform: Platform, name: str, password: str) -> None:
    """The password goes to standard output alone, so that a script can take it and a log of progress has none."""
    click.echo(
        f"log in as {name} at {platform.gateway}/hub/ ; change the password at {platform.gateway}/hub/password",
        err=True,
    )
    click.echo(password)
