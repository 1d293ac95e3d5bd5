"""``slipway render``: what would be applied."""

from __future__ import annotations

from typing import Any

import click
import yaml

from slipway.cli.options import options_of, overlay_options

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@click.command()
@click.argument("components", nargs=-1, metavar="[COMPONENT]...")
@overlay_options
@click.pass_context
def render(ctx: click.Context, components: tuple[str, ...], overlay: str, sets: tuple[str, ...]) -> None:
    """Print the objects of COMPONENTs (default: all) as YAML, in the order in which they are applied.

    \b
    Example:
      slipway render argo
      slipway render --overlay ci storage --set components.storage.settings.nfs_server=10.0.0.5
    """
    from slipway.kube import ref_of
    from slipway.release.objects.order import stage
    from slipway.workflows.platform import load_platform

    platform = load_platform(options_of(ctx, sets, overlay), components, follow=False)
    rendered = platform.rendered()
    order = list(components) or [name for wave in platform.catalog.waves() for name in wave]
    for name in order:
        objects = sorted(rendered[name].objects, key=lambda obj: (stage(ref_of(obj)), ref_of(obj)))
        click.echo(yaml.dump_all(objects, Dumper=_Dumper, sort_keys=False, explicit_start=True), nl=False)
