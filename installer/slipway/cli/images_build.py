"""``slipway images build``."""

from __future__ import annotations

import click


@click.command()
@click.argument("names", nargs=-1)
@click.pass_context
def build(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Build images (default: all, and the tools that Slipway calls); what did not change is not built again.

    Where the configuration names a release (artifacts.url, artifacts.registry), they are taken from there.

    \b
    Example:
      slipway images build gateway serving
    """
    from slipway import artifacts
    from slipway.cli.options import options_of
    from slipway.progress import Reporter
    from slipway.workflows.platform import configured

    configured(options_of(ctx))
    known = artifacts.catalogue()
    everything = [*(f"image/{name}" for name in known.images), *(f"binary/{name}" for name in known.owners)]
    built = artifacts.ensure(names or everything, Reporter(), known)
    for name, artifact in built.items():
        click.echo(f"{artifacts.reference(artifact) if artifact.digest else name}  {artifact.path}")
