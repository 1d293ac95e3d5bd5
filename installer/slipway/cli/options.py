"""Options that several commands share, and what they are turned into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from slipway.workflows.options import Options

F = TypeVar("F", bound=Callable[..., Any])

output_option = click.option(
    "--output", type=click.Choice(["table", "json"]), default="table", show_default=True, help="For people or scripts."
)


FILE = click.Path(dir_okay=False)
PROGRESS = click.Choice(["auto", "plain", "json"])
KUBECONFIG = "Which cluster, as kubectl's; see docs/operations.md."
CONTEXT = "Which context of the kubeconfig."


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    """A global option that stands after the command: it counts as if it stood before."""
    if value is None:
        return
    top: dict[str, Any] = ctx.find_root().ensure_object(dict)
    top[str(parameter.name)] = value
    if parameter.name == "progress":
        from slipway.progress import use_style

        use_style(value)


def config_options(command: F) -> F:
    """--config and --progress, after the command as well as before it."""
    more: dict[str, Any] = {"expose_value": False, "callback": _remember}
    command = click.option("--progress", type=PROGRESS, help="How progress is shown.", **more)(command)
    return click.option("--config", type=FILE, help="The configuration (default: ./slipway.yaml).", **more)(command)


#: Without a value: everything that would be refused.
adopt_option = click.option(
    "--adopt",
    multiple=True,
    is_flag=False,
    flag_value="*",
    metavar="[KIND/[NAMESPACE/]NAME]",
    help="Take over this object, which is not Slipway's; repeatable; alone: all that would be refused.",
)


replace_option = click.option(
    "--replace",
    multiple=True,
    metavar="KIND/[NAMESPACE/]NAME",
    help="Delete and make anew this object, where it cannot be changed; repeatable.",
)


def overlay_options(command: F) -> F:
    """--overlay and --set, for commands that need the configuration; and where it is."""
    command = click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set a key of the configuration.")(
        command
    )
    overlay = click.option("--overlay", metavar="NAME", default="", help="Which overlay (default: embedded).")
    return overlay(config_options(command))


def cluster_options(command: F) -> F:
    """Which cluster, for commands that go to one: after the command as well as before it. And --overlay, --set."""
    more: dict[str, Any] = {"expose_value": False, "callback": _remember}
    command = click.option("--context", metavar="NAME", help=CONTEXT, **more)(command)
    command = click.option("--kubeconfig", type=FILE, help=KUBECONFIG, **more)(command)
    return overlay_options(command)


def options_of(ctx: click.Context, sets: tuple[str, ...] = (), overlay: str = "", *, reads: bool = False) -> Options:
    """The global options of a command's context, with its own on top. ``reads`` as in Options."""
    top: dict[str, Any] = ctx.find_root().obj or {}
    return Options(
        config=Path(top["config"]) if top.get("config") else None,
        kubeconfig=Path(top["kubeconfig"]) if top.get("kubeconfig") else None,
        sets=(*top.get("sets", ()), *sets),
        overlay=overlay,
        context=top.get("context") or None,
        reads=reads,
    )


def registry_options(command: F) -> F:
    """--authfile and --insecure, for commands that talk to registries."""
    insecure = click.option(
        "--insecure",
        multiple=True,
        metavar="HOST",
        help="May be spoken to over HTTP or with any certificate; repeatable.",
    )
    authfile = click.option("--authfile", metavar="FILE", help="Credentials, as `skopeo login` writes them.")
    return authfile(insecure(command))
