"""``slipway images``: what the platform's images are, and building them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from slipway import artifacts
from slipway.artifacts import store
from slipway.artifacts.contents import Catalogue
from slipway.errors import SlipwayError
from slipway.progress import Reporter


@click.group()
def images() -> None:
    """List and build the images of the platform.

    \b
    Example:
      slipway images build gateway
    """


@images.command("list")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def list_(output: str) -> None:
    """List the images: digest, size, source, licence, and whether they are built.

    \b
    Example:
      slipway images list --output json
    """
    rows = list(_rows(artifacts.catalogue()))
    if output == "json":
        click.echo(json.dumps(rows, indent=2))
        return
    line = "{:<20} {:<8} {:<14} {:>8}  {:<50} {}"
    click.echo(line.format("IMAGE", "STATE", "DIGEST", "MB", "SOURCE", "LICENCE"))
    for row in rows:
        size = f"{int(str(row['size'])) / 1e6:.0f}" if row["size"] else "-"
        digest = str(row["digest"]).removeprefix("sha256:")[:12] or "-"
        click.echo(line.format(row["name"], row["state"], digest, size, row["source"], row["licenses"]))


@images.command()
@click.argument("names", nargs=-1)
def build(names: tuple[str, ...]) -> None:
    """Build images (default: all, and the tools that Slipway calls); what did not change is not built again.

    \b
    Example:
      slipway images build gateway serving
    """
    known = artifacts.catalogue()
    everything = [*(f"image/{name}" for name in known.images), *(f"binary/{name}" for name in known.owners)]
    built = artifacts.ensure(names or everything, Reporter(), known)
    for name, artifact in built.items():
        click.echo(f"{artifacts.reference(artifact) if artifact.digest else name}  {artifact.path}")


def _rows(known: Catalogue) -> Iterator[dict[str, object]]:
    for name, spec in sorted(known.images.items()):
        found = store.find(known.image(name))
        yield {
            "name": name,
            "reference": artifacts.reference(found) if found else "",
            "digest": found.digest if found else "",
            "size": found.size if found else 0,
            "source": spec.source,
            "licenses": spec.licenses,
            "state": "built" if found else "missing",
            "path": str(found.path) if found else "",
            "seconds": found.seconds if found else 0,
        }


if __name__ == "__main__":
    try:
        images()
    except SlipwayError as error:
        click.echo(str(error), err=True)
        raise SystemExit(error.exit_code) from None
