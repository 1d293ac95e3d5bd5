"""What follows from a component's settings beside its objects' fields: parts of the overlay, generated Secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from slipway.catalog import Component, SecretSpec
from slipway.catalog.selection import FILE, chain, read

#: What names in a setting are told apart by.
_BETWEEN = re.compile(r"[,\s]+")


def holds(when: Mapping[str, tuple[str, ...]], values: Mapping[str, str]) -> bool:
    """Whether the settings have one of the values that are named of each."""
    return all(values.get(name) in wanted for name, wanted in when.items())


def in_force(component: Component, values: Mapping[str, str]) -> Component:
    """The component with those of its Secrets that there are with these values, and the names that they say."""
    specs = tuple(_named(spec, values) for spec in component.secrets if holds(spec.when, values))
    return component if specs == component.secrets else replace(component, secrets=specs)


def _named(spec: SecretSpec, values: Mapping[str, str]) -> SecretSpec:
    names: list[str] = []
    for name in spec.names:
        setting = name.strip("{}") if name.startswith("{") else ""
        names += [word for word in _BETWEEN.split(values[setting]) if word] if setting in values else [name]
    return replace(spec, names=tuple(names)) if spec.names else spec


def add(tree: Path, overlay: Path, component: Component, values: Mapping[str, str]) -> None:
    """List the parts that the values want in the overlay's kustomization, in the copied tree.

    They come before the part ``settings``, which fills in what they bring, and those that add to another one after all
    others; what an overlay lists itself stays as it is.
    """
    wanted = [part for part in component.parts if holds(part.when, values)]
    listing = _listing(tree, overlay, component) if wanted else None
    if listing is None:
        return
    directory, document, folder, listed = listing
    settings = listed.index(folder / "settings") if folder / "settings" in listed else len(listed)
    wanted = [part for part in wanted if folder / part.path not in listed]
    own = [_entry(directory, folder / part.path) for part in wanted if not part.beside]
    beside = [part for part in wanted if part.beside and folder / part.beside in listed]
    more = [_entry(directory, folder / part.path) for part in beside]
    entries = document["components"]
    document["components"] = [*entries[:settings], *own, *entries[settings:], *more]
    (directory / FILE).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def _listing(tree: Path, overlay: Path, component: Component) -> tuple[Path, dict[str, Any], Path, list[Path]] | None:
    """The kustomization, of an overlay or of those it builds upon, that lists the component's own parts; best the one
    with ``settings``. Its directory, its document, the edition's directory, the paths of all parts."""
    listing = None
    for directory in chain(tree, overlay):
        document = read(directory)
        listed = [(directory / str(entry)).resolve() for entry in document.get("components") or []]
        folder = next((path.parent for path in listed if _is_of(tree, path, component)), None)
        if folder is not None and folder / "settings" in listed:
            return directory, document, folder, listed
        if folder is not None:
            listing = listing or (directory, document, folder, listed)
    return listing


def _entry(directory: Path, part: Path) -> str:
    return os.path.relpath(part, directory.resolve())


def _is_of(tree: Path, path: Path, component: Component) -> bool:
    """Whether it is a part of the component's own."""
    return path.is_relative_to((tree / "manifests" / component.name).resolve())
