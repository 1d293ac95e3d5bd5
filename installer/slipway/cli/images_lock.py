"""``slipway images lock``: the digest of every upstream image, for renderings that are the same tomorrow."""

from __future__ import annotations

import click

from slipway.cli.options import options_of, overlay_options, registry_options
from slipway.errors import EXIT_FAILED


@click.command("lock")
@click.option("--all", "every", is_flag=True, help="The images of every overlay.")
@click.option("--only", multiple=True, metavar="COMPONENT", help="Only what this component pulls; repeatable.")
@click.option("--check", is_flag=True, help="Change nothing; say what moved or is not locked (exit code 1).")
@registry_options
@overlay_options
@click.pass_context
def lock(
    ctx: click.Context,
    every: bool,
    only: tuple[str, ...],
    check: bool,
    authfile: str | None,
    insecure: tuple[str, ...],
    overlay: str,
    sets: tuple[str, ...],
) -> None:
    """Resolve the tags of an overlay's upstream images to digests, in manifests/images.lock.yaml.

    Rendering then writes NAME:TAG@DIGEST. Images that Slipway builds need no lock. Entries of other overlays stay.

    \b
    Example:
      slipway images lock --overlay gke
      slipway images lock --overlay gke --check
    """
    from slipway import paths
    from slipway.host import packages
    from slipway.images import lock as locking
    from slipway.images import resolve, skopeo
    from slipway.progress import Reporter
    from slipway.workflows import image_list

    root = paths.distribution()
    old = locking.load(root)
    registries = skopeo.Registries(skopeo.authfile(authfile), skopeo.hosts(insecure))
    images = image_list.images_of(options_of(ctx, sets, overlay), only, every=every)
    packages.ensure("registry", Reporter())
    new = resolve.digests(images, registries)
    moves = resolve.moves(old, new)
    for move in moves:
        click.echo(str(move))
    if check:
        click.echo(f"{len(moves)} of {len(new)} images are not as the lock says")
        if moves:
            raise click.exceptions.Exit(EXIT_FAILED)
        return
    (root / locking.FILE).write_text(locking.text({**old, **new}), encoding="utf-8")
    click.echo(f"{locking.FILE}: {len(new)} images, {len(moves)} changed")
