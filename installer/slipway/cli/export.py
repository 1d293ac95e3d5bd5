"""``slipway export``: the installation as a repository for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from slipway.cli.options import options_of, overlay_options

if TYPE_CHECKING:
    pass

FORMATS = ("kustomize", "argocd", "flux", "helm")


@click.command()
@click.option("--format", "kind", type=click.Choice(FORMATS), required=True, help="For which tool.")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="The directory.")
@click.option("--registry", metavar="HOST[:PORT][/PATH]", default="", help="A registry with copies of all images.")
@click.option("--repo", metavar="URL", default="", help="Where the repository will be (argocd, flux).")
@click.option("--revision", metavar="BRANCH", default="main", show_default=True, help="Its branch (argocd: or tag).")
@click.option("--path", metavar="DIR", default="", help="The export's place in it (default: its top).")
@overlay_options
@click.pass_context
def export(
    ctx: click.Context,
    kind: str,
    to: Path,
    registry: str,
    repo: str,
    revision: str,
    path: str,
    overlay: str,
    sets: tuple[str, ...],
) -> None:
    """Write a repository that installs the same objects in the same order, without Slipway.

    Passwords are not in it: its script secrets.sh makes them in the cluster. Its README.md has the commands.

    \b
    Example:
      slipway export --overlay gke --format kustomize --to platform/
      slipway export --overlay gke --format flux --to platform/ --repo https://git.example.com/platform
    """
    from slipway.export import formats, readme
    from slipway.export.source import source
    from slipway.export.write import write
    from slipway.workflows.platform import load_platform
    from slipway.workflows.repository import repository

    if registry:
        sets = (*sets, f"images.registry={registry}")
    where = source(repo, revision, path, kind) if kind in formats.FETCHED else None
    content = repository(load_platform(options_of(ctx, sets, overlay)))
    files = formats.files(content, kind, where)
    write(files, to)
    count = sum(len(part.objects) for part in content.parts)
    click.echo(f"✓ {count} objects in {len(files)} files; how to install them: {to}/README.md")
    local = [image for image in readme.images(content) if readme.is_local(image)]
    if local:
        click.echo(
            f"! {len(local)} images are not in a registry, e.g. {local[0]}: mirror them, and use --registry", err=True
        )
