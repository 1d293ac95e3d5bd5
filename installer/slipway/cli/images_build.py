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
    from slipway import artifacts, paths
    from slipway.cli.options import given, use_sources
    from slipway.config.load import load
    from slipway.progress import Reporter

    options = given(ctx)
    config, _ = load(paths.distribution(), options.config, options.sets)
    use_sources(config)
    known = artifacts.catalogue()
    everything = [*(f"image/{name}" for name in known.images), *(f"binary/{name}" for name in known.owners)]
    built = artifacts.ensure(names or everything, Reporter(), known)
    for name, artifact in built.items():
        click.echo(f"{artifacts.reference(artifact) if artifact.digest else name}  {artifact.path}")
