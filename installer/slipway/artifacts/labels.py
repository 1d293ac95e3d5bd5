"""OCI annotations and labels: what an image is, where from, under which licence (image-spec, annotations.md)."""

from __future__ import annotations

from slipway.artifacts.model import IMAGE_HOST, IMAGE_VERSION, ImageSpec

_PREFIX = "org.opencontainers.image."


def of(spec: ImageSpec) -> dict[str, str]:
    """The annotations of an image."""
    values = {
        "title": spec.name,
        "description": spec.description,
        "version": IMAGE_VERSION,
        "licenses": spec.licenses,
        "source": spec.source,
        "base.name": "scratch" if spec.base == "scratch" else f"{IMAGE_HOST}/{spec.base}:{IMAGE_VERSION}",
    }
    return {f"{_PREFIX}{key}": value for key, value in values.items()}
