"""``slipway bundle``: one file for a machine without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from slipway.cli.options import config_options, options_of, overlay_options
from slipway.cli.signing import KEY, opened, required, sign_options

if TYPE_CHECKING:
    from slipway.artifacts import Artifact
    from slipway.workflows.platform import Platform


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
@sign_options
@overlay_options
@click.pass_context
def create(
    ctx: click.Context, out: Path, sign: Path | None, passphrase_file: Path | None, overlay: str, sets: tuple[str, ...]
) -> None:
    """Write a bundle: binaries, images, host packages, manifests, Slipway itself, checksums and an SBOM.

    What is not in the cache is fetched or built first. A bundle of that name is replaced, another file is not.

    \b
    Example:
      slipway bundle create -o slipway.bundle --overlay ci
      slipway bundle create -o slipway.bundle --sign minisign.key
    """
    from slipway import __version__, paths, signing
    from slipway.bundle import moment
    from slipway.bundle.archive import check_target
    from slipway.bundle.create import create as write
    from slipway.errors import BadInput
    from slipway.workflows.platform import load_platform
    from slipway.workflows.target import for_embedded

    platform = load_platform(options_of(ctx, sets, overlay))
    if not for_embedded(platform.catalog.overlay):
        remedy = "for another cluster: slipway images mirror --to a registry that it reaches"
        raise BadInput("a bundle is for the cluster on this machine", f"overlay {platform.catalog.overlay}", remedy)
    check_target(out)
    key = opened(sign, passphrase_file)
    artifacts = collect(platform)
    # A signature of the bundle that was here before is none of the new one's.
    signing.beside(out).unlink(missing_ok=True)
    write(out, platform.catalog.overlay, artifacts, platform.reporter)
    click.echo(f"{out}: {out.stat().st_size / 1e6:.0f} MB")
    if key:
        timestamp = int(moment.of_sources(paths.distribution()).timestamp())
        comment = f"timestamp:{timestamp}\tfile:{out.name}\tslipway {__version__}, overlay {platform.catalog.overlay}"
        click.echo(f"{signing.sign(out, key, comment)}: by {key.get_public_key().to_base64().decode()}")


@bundle.command()
@click.option("--key", metavar="KEY", help=KEY)
@config_options
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def verify(ctx: click.Context, file: Path, key: str | None) -> None:
    """Compare every member of a bundle with its checksum; names each that is damaged or missing.

    With a key the signature beside it, too, and first.

    \b
    Example:
      slipway bundle verify slipway.bundle
      slipway bundle verify slipway.bundle --key minisign.pub
    """
    from slipway import paths
    from slipway.bundle import archive, signed, sums
    from slipway.bundle.opened import Bundle
    from slipway.config.load import load
    from slipway.errors import SlipwayError

    options = options_of(ctx)
    wanted = required(key, load(paths.distribution(), options.config, options.sets)[0].bundle_key)
    if wanted:
        comment = signed.check(Bundle(file), *wanted)
        click.echo(f"{file}: signed: {comment}")
    faults = sums.faults(file)
    if faults:
        many = f"{len(faults)} members are" if len(faults) > 1 else "a member is"
        raise SlipwayError(f"{many} damaged", str(file), "copy it again, or make it anew", tuple(faults))
    click.echo(f"{file}: {len(archive.index(file))} members, all as they were written")


def collect(platform: Platform) -> list[Artifact]:
    """All artifacts that ``slipway up`` with this configuration asks for, built or fetched."""
    from slipway import artifacts, smoke
    from slipway.artifacts.api import with_companions
    from slipway.node import images

    known = artifacts.catalogue()
    named = {images.NAME, *smoke.IMAGES, *platform.built_images}
    wanted = [f"image/{name}" for name in with_companions(sorted(named), known)]
    wanted += [f"binary/{name}" for name in (images.NAME, "kustomize", "helm") if name in known.owners]
    built = artifacts.ensure(wanted, platform.reporter, known)
    return list({(item.kind, item.name): item for item in built.values()}.values())
