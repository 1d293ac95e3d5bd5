"""Binaries and images: built from pinned sources, kept by content, imported into containerd.

known = artifacts.catalogue()                                  # what there is
built = artifacts.ensure(["kubernetes", "crane"], reporter)    # builds what is missing
artifacts.binary("kustomize")                                  # a path
artifacts.image_reference("gateway")                           # slipway.local/gateway:0123456789ab
artifacts.import_images(["gateway"], socket, reporter)
"""

from slipway.artifacts.api import (
    binary,
    catalogue,
    ensure,
    image_reference,
    image_references,
    import_images,
    reference,
    tally,
)
from slipway.artifacts.contents import Catalogue
from slipway.artifacts.model import Artifact, ImageSpec

__all__ = [
    "Artifact",
    "Catalogue",
    "ImageSpec",
    "binary",
    "catalogue",
    "ensure",
    "image_reference",
    "image_references",
    "import_images",
    "reference",
    "tally",
]
