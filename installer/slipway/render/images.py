"""Image references: from the names that manifests use to those of the built images."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slipway.documents.strings import texts
from slipway.naming import IMAGE_HOST, IMAGE_VERSION, own_image

#: How manifests, arguments and ConfigMaps name an image of Slipway.
REFERENCE = re.compile(rf"{re.escape(IMAGE_HOST)}/([a-z0-9][-a-z0-9]*):{re.escape(IMAGE_VERSION)}(?![-.\w])")

#: image name → the reference to use instead.
Resolver = Callable[[str], str]


def rewrite(value: Any, resolve: Resolver) -> Any:
    """A copy of a value in which every reference in every string is replaced."""
    if isinstance(value, str):
        return REFERENCE.sub(lambda match: resolve(match[1]), value) if f"{IMAGE_HOST}/" in value else value
    if isinstance(value, dict):
        return {key: rewrite(inner, resolve) for key, inner in value.items()}
    if isinstance(value, list):
        return [rewrite(inner, resolve) for inner in value]
    return value


def used(value: Any) -> set[str]:
    """The names of all images that a value refers to."""
    return {match[1] for text in texts(value) for match in REFERENCE.finditer(text)}


def unchanged(image: str) -> str:
    """The resolver that keeps the names of the manifests."""
    return own_image(image)
