"""``slipway images mirror``: every image into one registry, and the platform pointed at it."""

from __future__ import annotations

from pathlib import Path

import click

from slipway.cli.options import options_of, overlay_options, registry_options
from slipway.errors import BadInput


@click.command()
@click.option("--to", "registry", required=True, metavar="REGISTRY", help="HOST[:PORT][/PATH] that gets the copies.")
@click.option("--all", "every", is_flag=True, help="The images of every overlay.")
@click.option("--no-smoke", is_flag=True, help="Without the images of the smoke test.")
@click.option("--only", multiple=True, metavar="COMPONENT", help="Only what this component pulls; repeatable.")
@click.option("--dry-run", is_flag=True, help="Say what would be copied where; ask no registry.")
@click.option("--rewrite", is_flag=True, help="Afterwards write images.registry into the configuration file.")
@registry_options
@overlay_options
@click.pass_context
def mirror(
    ctx: click.Context,
    registry: str,
    every: bool,
    no_smoke: bool,
    only: tuple[str, ...],
    dry_run: bool,
    rewrite: bool,
    authfile: str | None,
    insecure: tuple[str, ...],
    overlay: str,
    sets: tuple[str, ...],
) -> None:
    """Copy every image of an overlay to REGISTRY, as REGISTRY/<original host>/<original path>, tags and digests kept.

    What the registry has is not copied again: run it again after a failure. With `images.registry` in the
    configuration (--rewrite writes it there) every reference points to the copies, also those in arguments and
    ConfigMaps. Images that Slipway builds must be built: `slipway images build`.

    \b
    Example:
      slipway images mirror --to registry.example.com/ml --overlay onprem --dry-run
      slipway images mirror --to registry.example.com/ml --overlay onprem --authfile auth.json --rewrite
    """
    from slipway import artifacts, outputs
    from slipway.config.load import FILE
    from slipway.host import packages
    from slipway.images import mirror as mirroring
    from slipway.images import naming, skopeo
    from slipway.images.placement import placed
    from slipway.progress import Reporter
    from slipway.workflows import image_list

    chosen = options_of(ctx, sets, overlay)
    target = naming.check_registry(registry, "--to")
    path = chosen.config or Path(FILE)
    text = with_registry(path, target) if rewrite else ""
    if rewrite:
        outputs.file(path, f"--config {path}")
    registries = skopeo.Registries(skopeo.authfile(authfile), skopeo.hosts(insecure))
    images = image_list.pulled(image_list.images_of(chosen, only, every=every, smoke=not no_smoke))
    if dry_run:
        for image in images:
            click.echo(f"{image.reference} -> {placed(image.reference, target, {})}")
        return
    todo = mirroring.tasks(images, target, image_list.layouts(artifacts.catalogue()))
    reporter = Reporter()
    packages.ensure("registry", reporter)
    counts = mirroring.run(todo, registries, reporter)
    click.echo(f"{counts['copied']} images copied to {target}, {counts['present']} were there")
    if rewrite:
        path.write_text(text, encoding="utf-8")
        click.echo(f"{path}: images.registry is {target}; slipway install pulls from there")


def with_registry(path: Path, registry: str) -> str:
    """The configuration file's text with ``images.registry``; comments and the rest stay.

    Raises BadInput where it says something else, or cannot be added to: that is for its author.
    """
    from slipway.documents.document import parse

    text = path.read_text(encoding="utf-8") if path.exists() else ""
    document = parse(text, str(path))
    value = document.value or {}
    if isinstance(value, dict) and value.get("images") == {"registry": registry}:
        return text
    gap = "" if not text or text.endswith("\n") else "\n"
    added = f"{text}{gap}images:\n  registry: {registry}\n"
    after = parse(added, str(path))
    if document.problems or after.problems or after.value != {**value, "images": {"registry": registry}}:
        where = document.where(("images", "registry"))
        raise BadInput("images.registry cannot be added here", where, f"write it yourself: registry: {registry}")
    return added
