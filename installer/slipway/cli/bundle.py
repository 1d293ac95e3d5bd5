"""``slipway bundle``: one file for a machine without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from slipway.cli.options import given, overlay_options

if TYPE_CHECKING:
    from slipway.artifacts import Artifact
    from slipway.cli.platform import Platform


@click.group()
def bundle() -> None:
    """Make and check bundles: one file with all that an installation needs, for machines without a network.

    \b
    Example:
      slipway bundle create -o slipway.bundle
      slipway bundle verify slipway.bundle
      slipway up --bundle slipway.bundle       on the machine without a network
    """


@bundle.command()
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
@overlay_options
@click.pass_context
def create(ctx: click.Context, out: Path, overlay: str, sets: tuple[str, ...]) -> None:
    """Write a bundle: binaries, images, host packages, manifests, Slipway itself, checksums and an SBOM.

    What is not in the cache is fetched or built first. A bundle of that name is replaced, another file is not.

    \b
    Example:
      slipway bundle create -o slipway.bundle --overlay ci
    """
    from slipway.bundle.archive import check_target
    from slipway.bundle.create import create as write
    from slipway.cli.platform import platform
    from slipway.cli.which import EMBEDDED
    from slipway.errors import BadInput

    found = platform(given(ctx, sets, overlay))
    if found.catalog.overlay not in EMBEDDED:
        remedy = "for another cluster: slipway images mirror --to a registry that it reaches"
        raise BadInput("a bundle is for the cluster on this machine", f"overlay {found.catalog.overlay}", remedy)
    check_target(out)
    artifacts = collect(found)
    write(out, found.catalog.overlay, artifacts, found.reporter)
    click.echo(f"{out}: {out.stat().st_size / 1e6:.0f} MB")


@bundle.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def verify(file: Path) -> None:
    """Compare every member of a bundle with its checksum; names each that is damaged or missing.

    \b
    Example:
      slipway bundle verify slipway.bundle
    """
    from slipway.bundle import archive, sums
    from slipway.errors import SlipwayError

    faults = sums.faults(file)
    if faults:
        many = f"{len(faults)} members are" if len(faults) > 1 else "a member is"
        raise SlipwayError(f"{many} damaged", str(file), "copy it again, or make it anew", tuple(faults))
    click.echo(f"{file}: {len(archive.index(file))} members, all as they were written")


def collect(found: Platform) -> list[Artifact]:
    """All artifacts that ``slipway up`` with this configuration asks for, built or fetched."""
    from slipway import artifacts, smoke
    from slipway.artifacts.api import with_companions
    from slipway.node import images

    known = artifacts.catalogue()
    components = found.catalog.components.values()
    named = {images.NAME, *smoke.IMAGES, *(image for component in components for image in component.images)}
    wanted = [f"image/{name}" for name in with_companions(sorted(named), known)]
    wanted += [f"binary/{name}" for name in (images.NAME, "kustomize", "helm") if name in known.owners]
    built = artifacts.ensure(wanted, found.reporter, known)
    return list({(item.kind, item.name): item for item in built.values()}.values())
