"""Options that several commands share, and what they are turned into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from slipway.config.model import Config

F = TypeVar("F", bound=Callable[..., Any])

output_option = click.option(
    "--output", type=click.Choice(["table", "json"]), default="table", show_default=True, help="For people or scripts."
)


FILE = click.Path(dir_okay=False)
PROGRESS = click.Choice(["auto", "plain", "json"])
KUBECONFIG = "Which cluster, as kubectl's; see docs/operations.md."
CONTEXT = "Which context of the kubeconfig."


@dataclass(frozen=True)
class Given:
    """What the command line says beside a command's own options.

    ``own``: the command is about this machine's cluster, whatever else is said; ``reads``: it changes nothing, and
    needs no catalog, so that the overlay does not matter.
    """

    config: Path | None
    kubeconfig: Path | None
    sets: tuple[str, ...]
    overlay: str = ""
    context: str | None = None
    own: bool = False
    reads: bool = False


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
    command = click.option("--progress", type=PROGRESS, help="How progress is told.", **more)(command)
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


def use_sources(config: Config) -> None:
    """Take artifacts from where the configuration says. Raises BadInput."""
    if config.artifacts:
        from slipway.artifacts import sources

        sources.use(sources.from_config(config.artifacts))


def given(ctx: click.Context, sets: tuple[str, ...] = (), overlay: str = "", *, reads: bool = False) -> Given:
    """The global options of a command's context, with its own on top. ``reads`` as in Given."""
    top: dict[str, Any] = ctx.find_root().obj or {}
    return Given(
        config=Path(top["config"]) if top.get("config") else None,
        kubeconfig=Path(top["kubeconfig"]) if top.get("kubeconfig") else None,
        sets=(*top.get("sets", ()), *sets),
        overlay=overlay,
        context=top.get("context") or None,
        reads=reads,
    )
