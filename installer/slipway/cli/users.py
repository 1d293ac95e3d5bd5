"""``slipway users``: who may log in."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from slipway.cli.options import cluster_options, given, output_option

if TYPE_CHECKING:
    from slipway.cli.platform import Platform


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
    from slipway.cli.platform import connect
    from slipway.hub.users import listed

    found = listed(connect(given(ctx, sets, overlay)))
    if output == "json":
        click.echo(json.dumps([asdict(user) for user in found], indent=2))
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
        for user in found
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

    found = _platform(ctx, sets, overlay)
    _told(found, name, hub.add(found.client, name))


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

    found = _platform(ctx, sets, overlay)
    _told(found, name, hub.reset(found.client, name, found.reporter))


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

    found = _platform(ctx, sets, overlay)
    hub.remove(found.client, name)
    click.echo(f"{name} is removed; the volume stays: claim claim-{name} in {found.config.project}")


def _platform(ctx: click.Context, sets: tuple[str, ...], overlay: str) -> Platform:
    from slipway.cli.platform import platform

    found = platform(given(ctx, sets, overlay), ["jupyterhub"], follow=False)
    found.aim()
    return found


def _told(found: Platform, name: str, password: str) -> None:
    """The password goes to standard output alone, so that a script can take it and a log of progress has none."""
    click.echo(
        f"log in as {name} at {found.gateway}/hub/ ; change the password at {found.gateway}/hub/password", err=True
    )
    click.echo(password)
