"""``slipway images list``: what an installation pulls, and what is built."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import click

from slipway.artifacts.contents import Catalogue
from slipway.cli.options import options_of, output_option, overlay_options
from slipway.images.find import Image
from slipway.images.mirror import Layout


@click.command("list")
@click.option("--all", "every", is_flag=True, help="The images of every overlay.")
@click.option("--no-smoke", is_flag=True, help="Without the images of the smoke test.")
@click.option("--only", multiple=True, metavar="COMPONENT", help="Only what this component pulls; repeatable.")
@click.option(
    "--built", is_flag=True, help="Instead: the images that Slipway builds, whether they are, and their source."
)
@click.option("--uses", is_flag=True, help="Every object and path that names an image.")
@overlay_options
@output_option
@click.pass_context
def list_(
    ctx: click.Context,
    every: bool,
    no_smoke: bool,
    only: tuple[str, ...],
    built: bool,
    uses: bool,
    output: str,
    overlay: str,
    sets: tuple[str, ...],
) -> None:
    """List every image that an installation pulls, also those hidden in arguments and ConfigMaps; needs no cluster.

    "(off)" stands behind components that the overlay has and that are not enabled.

    \b
    Example:
      slipway images list --overlay gke --uses
      slipway images list --built
    """
    from slipway import artifacts, paths
    from slipway.images import lock
    from slipway.workflows import image_list

    known = artifacts.catalogue()
    if built:
        _show_built(list(_built(known)), output)
        return
    images = image_list.images_of(options_of(ctx, sets, overlay), only, every=every, smoke=not no_smoke)
    rows = list(_rows(images, image_list.layouts(known), lock.load(paths.distribution())))
    if output == "json":
        click.echo(json.dumps(rows, indent=2))
        return
    line = "{:<64} {:<10} {}"
    click.echo(line.format("IMAGE", "DIGEST", "USED BY"))
    for row, image in zip(rows, images, strict=True):
        digest = str(row["digest"]).removeprefix("sha256:")[:8] or ("not built" if image.ours else "-")
        users = (f"{name} (off)" if name in image.off else name for name in image.components)
        click.echo(line.format(str(image.reference), digest, ", ".join(users)))
        for use in image.uses if uses else ():
            click.echo(f"    {use}")


def _rows(images: Iterable[Image], layouts: dict[str, Layout], locked: dict[str, str]) -> Iterator[dict[str, object]]:
    from slipway.images import lock

    for image in images:
        layout = layouts.get(image.reference.path) if image.ours else None
        yield {
            "reference": str(image.reference),
            "source": layout.origin if layout else "build" if image.ours else image.reference.host,
            "digest": layout.digest if layout else image.reference.digest or locked.get(lock.key(image.reference), ""),
            "components": list(image.components),
            "off": sorted(image.off),
            "uses": [{"component": u.component, "object": u.object, "path": u.path} for u in image.uses],
        }


def _built(known: Catalogue) -> Iterator[dict[str, object]]:
    from slipway import artifacts
    from slipway.artifacts import store

    for name, spec in sorted(known.images.items()):
        artifact = store.find(known.image(name))
        yield {
            "name": name,
            "reference": artifacts.reference(artifact) if artifact else "",
            "digest": artifact.digest if artifact else "",
            "size": artifact.size if artifact else 0,
            "source": spec.source,
            "origin": artifact.origin if artifact else "",
            "licenses": spec.licenses,
            "state": "built" if artifact else "missing",
            "path": str(artifact.path) if artifact else "",
            "seconds": artifact.seconds if artifact else 0,
        }


def _show_built(rows: list[dict[str, object]], output: str) -> None:
    if output == "json":
        click.echo(json.dumps(rows, indent=2))
        return
    line = "{:<20} {:<8} {:<14} {:>8}  {:<24} {:<50} {}"
    click.echo(line.format("IMAGE", "STATE", "DIGEST", "MB", "FROM", "SOURCE", "LICENCE"))
    for row in rows:
        size = f"{int(str(row['size'])) / 1e6:.0f}" if row["size"] else "-"
        digest = str(row["digest"]).removeprefix("sha256:")[:12] or "-"
        click.echo(line.format(row["name"], row["state"], digest, size, row["origin"], row["source"], row["licenses"]))
