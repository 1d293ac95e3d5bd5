"""The images of an overlay, for the commands below ``slipway images``: rendered without a cluster, from no mirror."""

from __future__ import annotations

from collections.abc import Iterable

from slipway.artifacts.contents import Catalogue
from slipway.images import find
from slipway.images.find import Image, Pair
from slipway.images.mirror import Layout
from slipway.workflows.options import Options

#: Stands for the node's address where there is no node (RFC 5737); no image's name depends on it.
NODE_IP = "192.0.2.1"


def images_of(options: Options, only: Iterable[str] = (), *, every: bool = False, smoke: bool = True) -> list[Image]:
    """The images of the configured overlay, or of ``every`` one, also of components that are off. ``only``: these
    components, on or off, without the others; ``smoke``: those of the smoke test, too.

    Raises BadInput for the configuration, SlipwayError for manifests that cannot be built.
    """
    from slipway import paths
    from slipway.catalog import overlays

    root = paths.distribution()
    chosen = overlays(root) if every else [options.overlay]
    names = list(only)
    return find.collect(pair for overlay in chosen for pair in _of_overlay(options, overlay, names, smoke))


def _of_overlay(options: Options, overlay: str, only: list[str], smoke: bool) -> Iterable[Pair]:
    from dataclasses import replace

    from slipway import artifacts
    from slipway.catalog import load_catalog
    from slipway.render import Facts, render
    from slipway.render.images import unchanged
    from slipway.smoke import IMAGES
    from slipway.workflows.platform import load_platform
    from slipway.workflows.target import for_embedded

    platform = load_platform(replace(options, overlay=overlay))
    config, root = platform.config, platform.catalog.root
    catalog = load_catalog(root, platform.catalog.overlay, only or None, follow=False, choices=config.choices())
    facts = Facts(config.project, lambda: NODE_IP, config.shared)
    off = () if only else config.disabled()
    yield from find.of_components(render(catalog, config.settings(), facts, unchanged), off)
    if only:
        return
    if smoke:
        yield from find.of_names(IMAGES, find.SMOKE, "slipway smoke")
    if for_embedded(platform.catalog.overlay):
        yield from find.of_names(config.extra_images, find.EXTRA, "images.extra")
        known = artifacts.catalogue(platform.catalog.root)
        yield from find.of_names(["kubernetes", *known.images["kubernetes"].companions], find.NODE, "kubeadm")


def pulled(images: Iterable[Image]) -> list[Image]:
    """Those that nodes pull: all but what only components that are off, or the embedded node's control plane, need."""
    return [image for image in images if set(image.components) - image.off - {find.NODE}]


def layouts(known: Catalogue) -> dict[str, Layout]:
    """The images that are built, by name."""
    from slipway import artifacts
    from slipway.artifacts import store

    built = {name: store.find(known.image(name)) for name in known.images}
    return {
        name: Layout(artifact.path, artifact.digest, artifacts.reference(artifact).rpartition(":")[2], artifact.origin)
        for name, artifact in built.items()
        if artifact is not None
    }
