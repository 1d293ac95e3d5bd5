"""``slipway images``: what an installation pulls; building, mirroring and locking it."""

from __future__ import annotations

import importlib

import click

#: Command → (module, name in it, one line for --help).
COMMANDS = {
    "list": ("slipway.cli.images_list", "list_", "Every image that an installation pulls, and what uses it."),
    "build": ("slipway.cli.images_build", "build", "Build the images that Slipway builds."),
    "mirror": ("slipway.cli.images_mirror", "mirror", "Copy every image to a registry."),
    "lock": ("slipway.cli.images_lock", "lock", "Resolve tags to digests."),
}


class _Lazy(click.Group):
    """Commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=_Lazy)
def images() -> None:
    """List, build, mirror and lock the images of the platform.

    \b
    Example:
      slipway images list --overlay gke
      slipway images mirror --to registry.example.com/ml
    """
