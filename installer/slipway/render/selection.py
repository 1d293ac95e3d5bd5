"""Another version or edition than an overlay's own: its paths into manifests/ are turned there, in the copied tree."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from slipway.catalog import Component
from slipway.catalog.selection import FILE, chain, read
from slipway.errors import BadInput


def select(tree: Path, overlay: Path, component: Component, where: str) -> bool:
    """Turn the overlay to the component's version and edition; whether anything had to be turned.

    Parts (Kustomize Components) that only the other edition has are left out. Raises BadInput when a resource of the
    overlay is missing in the edition.
    """
    folder = (tree / "manifests" / component.name).resolve()
    wanted = _own(folder, _inside(component))
    turned = False
    for directory in chain(tree, overlay):
        document = read(directory)
        if _turn(document, directory, folder, wanted, where):
            turned = True
            (directory / FILE).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return turned


def _inside(component: Component) -> tuple[str, ...]:
    """The component's folder below manifests/<name>: version, and edition where there are several."""
    return (
        (component.version, component.path.name) if component.path.name != component.version else (component.version,)
    )


def _own(folder: Path, parts: tuple[str, ...]) -> tuple[str, ...]:
    """The version, and the edition if that is what the second part is."""
    is_edition = len(parts) > 1 and (folder.joinpath(*parts[:2]) / "component.yaml").is_file()
    return parts[: 2 if is_edition else 1]


def _turn(document: dict[str, Any], directory: Path, folder: Path, wanted: tuple[str, ...], where: str) -> bool:
    before = repr(document)
    for part in ("resources", "components"):
        if part in document:
            paths = [_path(str(entry), directory, folder, wanted) for entry in document[part] or []]
            if part == "resources" and None in paths:
                entry = document[part][paths.index(None)]
                raise BadInput(
                    f"{'/'.join(wanted)} has nothing for {entry}", where, "write an overlay for this edition"
                )
            document[part] = [entry for entry in paths if entry is not None]
    chart = document.get("helmGlobals") or {}
    if chart.get("chartHome"):
        chart["chartHome"] = _path(str(chart["chartHome"]), directory, folder, wanted) or chart["chartHome"]
    return repr(document) != before


def _path(entry: str, directory: Path, folder: Path, wanted: tuple[str, ...]) -> str | None:
    """The entry, turned if it leads to another version or edition of this component; None if that has no such part."""
    target = (directory / entry).resolve()
    if not target.is_relative_to(folder) or target == folder:
        return entry
    parts = target.relative_to(folder).parts
    own = _own(folder, parts)
    if own == wanted or (len(own) == 1 and own[0] == wanted[0]):
        return entry
    moved = folder.joinpath(*wanted, *parts[len(own) :])
    return os.path.relpath(moved, directory.resolve()) if moved.exists() else None
