"""How manifests, arguments and ConfigMaps name an image of Slipway: ``slipway.local/<image>:<version>``."""

from __future__ import annotations

from slipway import __version__

IMAGE_HOST = "slipway.local"
#: The version part of references: Slipway's own.
IMAGE_VERSION = __version__


def own_image(name: str) -> str:
    """The reference of an image of Slipway; the renderer replaces the version by the digest that was built."""
    return f"{IMAGE_HOST}/{name}:{IMAGE_VERSION}"
