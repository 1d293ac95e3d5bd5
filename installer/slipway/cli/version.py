"""``slipway version``."""

from __future__ import annotations

import click

from slipway import __version__


@click.command()
@click.option("--components", is_flag=True, help="The components of every overlay, too.")
def version(components: bool) -> None:
    """Print the version of Slipway, with --components those of what it installs.

    \b
    Example:
      slipway version --components
    """
    click.echo(f"slipway {__version__}")
    if components:
        from slipway import paths
        from slipway.catalog import load_catalog, overlays

        root = paths.distribution()
        for overlay in overlays(root):
            for component in load_catalog(root, overlay).components.values():
                click.echo(f"{overlay:<10} {component.name:<20} {component.version:<10} {component.edition}")
