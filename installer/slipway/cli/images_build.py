"""``slipway images build``."""

from __future__ import annotations

import click


@click.command()
@click.argument("names", nargs=-1)
def build(names: tuple[str, ...]) -> None:
    """Build images (default: all, and the tools that Slipway calls); what did not change is not built again.

    \b
    Example:
      slipway images build gateway serving
    """
    from slipway import artifacts
    from slipway.progress import Reporter

    known = artifacts.catalogue()
    everything = [*(f"image/{name}" for name in known.images), *(f"binary/{name}" for name in known.owners)]
    built = artifacts.ensure(names or everything, Reporter(), known)
    for name, artifact in built.items():
        click.echo(f"{artifacts.reference(artifact) if artifact.digest else name}  {artifact.path}")
