"""OCI annotations and labels: what an image is, where from, under which licence (image-spec, annotations.md)."""

from __future__ import annotations

from slipway.artifacts.model import ImageSpec
from slipway.naming import IMAGE_VERSION, own_image

_PREFIX = "org.opencontainers.image."


def of(spec: ImageSpec) -> dict[str, str]:
    """The annotations of an image."""
    values = {
        "title": spec.name,
        "description": spec.description,
        "version": IMAGE_VERSION,
        "licenses": spec.licenses,
        "source": spec.source,
        "base.name": "scratch" if spec.base == "scratch" else own_image(spec.base),
    }
    return {f"{_PREFIX}{key}": value for key, value in values.items()}
