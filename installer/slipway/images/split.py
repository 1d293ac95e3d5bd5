"""Formats that write one image in several fields.

Sources: Seldon Core's seldon-config (``image`` and ``defaultImageVersion``, joined with a colon by the operator), and
the values of Helm charts (``image: {registry, repository | name, tag}``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.images.reference import Reference, parse

_NAMES = ("repository", "name", "image")


def seldon(mapping: Mapping[str, Any]) -> str:
    """The reference of an entry of seldon-config, "" for any other mapping."""
    image, version = mapping.get("image"), mapping.get("defaultImageVersion")
    if not isinstance(image, str) or not isinstance(version, str) or not image or not version:
        return ""
    return _sound(f"{image}:{version}")


def with_seldon(mapping: Mapping[str, Any], new: Reference) -> dict[str, Any]:
    """The entry for another image."""
    return {**mapping, "image": new.name, "defaultImageVersion": _version(new)}


def helm(mapping: Mapping[str, Any]) -> str:
    """The reference of ``{registry, repository, tag}`` below a key ``image``, "" for any other mapping."""
    name, tag = _named(mapping), mapping.get("tag")
    if not name or not isinstance(tag, str | int | float) or isinstance(tag, bool):
        return ""
    registry = mapping.get("registry")
    prefix = f"{registry}/" if isinstance(registry, str) and registry else ""
    return _sound(f"{prefix}{mapping[name]}:{tag}")


def with_helm(mapping: Mapping[str, Any], new: Reference) -> dict[str, Any]:
    """The mapping for another image."""
    registry = mapping.get("registry")
    changed = {**mapping, _named(mapping): new.path if registry else new.name, "tag": _version(new)}
    return {**changed, "registry": new.host} if registry else changed


def _named(mapping: Mapping[str, Any]) -> str:
    return next((key for key in _NAMES if isinstance(mapping.get(key), str) and mapping[key]), "")


def _version(new: Reference) -> str:
    return f"{new.tag}@{new.digest}" if new.digest else new.tag


def _sound(text: str) -> str:
    return text if parse(text) else ""
