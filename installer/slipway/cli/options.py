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


@dataclass(frozen=True)
class Given:
    """What the command line says beside a command's own options."""

    config: Path | None
    kubeconfig: Path | None
    sets: tuple[str, ...]
    overlay: str = ""


def overlay_options(command: F) -> F:
    """--overlay and --set, for commands that need the configuration."""
    command = click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set a key of the configuration.")(
        command
    )
    return click.option("--overlay", metavar="NAME", default="", help="Which overlay (default: embedded).")(command)


def use_sources(config: Config) -> None:
    """Take artifacts from where the configuration says. Raises BadInput."""
    if config.artifacts:
        from slipway.artifacts import sources

        sources.use(sources.from_config(config.artifacts))


def given(ctx: click.Context, sets: tuple[str, ...] = (), overlay: str = "") -> Given:
    """The global options of a command's context, with its own on top."""
    top: dict[str, Any] = ctx.find_root().obj or {}
    return Given(
        config=Path(top["config"]) if top.get("config") else None,
        kubeconfig=Path(top["kubeconfig"]) if top.get("kubeconfig") else None,
        sets=(*top.get("sets", ()), *sets),
        overlay=overlay,
    )
