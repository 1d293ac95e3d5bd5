"""``slipway config``: write, check, show and explain the configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slipway.cli.options import options_of, overlay_options
from slipway.errors import BadInput
from slipway.workflows.options import Options

if TYPE_CHECKING:
    from slipway.catalog import Component
    from slipway.workflows.platform import Platform


@click.group()
def config() -> None:
    """Write, check, show and explain the configuration.

    \b
    Example:
      slipway config init
      slipway config show --origin
      slipway config explain smoke.trials
      slipway config schema > slipway.schema.json
    """


@config.command()
@click.option("--to", "path", type=click.Path(path_type=Path, dir_okay=False), default=Path("slipway.yaml"))
@overlay_options
@click.pass_context
def init(ctx: click.Context, path: Path, overlay: str, sets: tuple[str, ...]) -> None:
    """Write a slipway.yaml with every key in a comment, and a schema beside it for editors.

    \b
    Example:
      slipway config init --overlay gke
    """
    from slipway.config.editor import SCHEMA_FILE, editor_schema, template
    from slipway.documents.validate import load_schema

    if path.exists():
        raise BadInput("exists already; nothing was written", str(path), "give --to FILE, or remove it")
    platform = _platform(ctx, sets, overlay, config=None)
    schema, name = load_schema("slipway.config"), platform.config.overlay
    beside = path.parent / SCHEMA_FILE
    text = json.dumps(editor_schema(schema, _components(platform)), indent=1)
    try:
        path.write_text(template(schema, name), encoding="utf-8")
        beside.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", str(error.filename or path), "give --to FILE") from error
    click.echo(f"{path} and {beside} were written for overlay {name}")


@config.command()
@overlay_options
@click.pass_context
def schema(ctx: click.Context, overlay: str, sets: tuple[str, ...]) -> None:
    """Print the JSON Schema of slipway.yaml, with the components and settings of the overlay: for editors and checks.

    \b
    Example:
      slipway config schema --overlay gke > slipway.schema.json
    """
    from slipway.config.editor import editor_schema
    from slipway.documents.validate import load_schema

    platform = _platform(ctx, sets, overlay)
    click.echo(json.dumps(editor_schema(load_schema("slipway.config"), _components(platform)), indent=1))


@config.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@overlay_options
@click.pass_context
def validate(ctx: click.Context, file: Path | None, overlay: str, sets: tuple[str, ...]) -> None:
    """Check a configuration: every fault with file, line and key. Nothing is changed.

    \b
    Example:
      slipway config validate slipway.yaml
    """
    top = options_of(ctx, sets, overlay)
    platform = _platform(ctx, sets, overlay, config=file or top.config)
    click.echo(f"valid: overlay {platform.config.overlay}, {len(platform.catalog.components)} components")


@config.command()
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@click.option("--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@overlay_options
@click.pass_context
def show(ctx: click.Context, origin: bool, output: str, overlay: str, sets: tuple[str, ...]) -> None:
    """Print the configuration in force: defaults < overlay < file < environment < --set.

    \b
    Example:
      slipway config show --origin
    """
    from slipway.config.show import as_json, as_yaml

    platform = _platform(ctx, sets, overlay, config=options_of(ctx).config)
    entries = platform.entries()
    click.echo(as_json(entries, origin) if output == "json" else as_yaml(entries, origin), nl=False)


@config.command()
@click.argument("key", required=False, default="")
@overlay_options
@click.pass_context
def explain(ctx: click.Context, key: str, overlay: str, sets: tuple[str, ...]) -> None:
    """Explain a key: meaning, type, default; without KEY: what there is.

    \b
    Example:
      slipway config explain components.jupyterhub.settings
    """
    from slipway.config.explain import explain as words
    from slipway.documents.validate import load_schema

    platform = _platform(ctx, sets, overlay, config=None)
    click.echo(words(key, load_schema("slipway.config"), _components(platform)))


def _components(platform: Platform) -> Mapping[str, Component]:
    """Those of the overlay, also what it or the configuration leaves out: they can be enabled."""
    from slipway.catalog import load_catalog

    return load_catalog(platform.catalog.root, platform.catalog.overlay, choices=platform.config.choices()).components


def _platform(ctx: click.Context, sets: tuple[str, ...], overlay: str, **change: Any) -> Platform:
    from dataclasses import replace

    from slipway.workflows.platform import load_platform

    top: Options = options_of(ctx, sets, overlay)
    return load_platform(replace(top, **change))
