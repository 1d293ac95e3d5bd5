"""Which version and edition of a component an overlay builds upon: the paths in its kustomization.yaml say it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from slipway.documents.fast import LOADER

FILE = "kustomization.yaml"


@dataclass(frozen=True)
class Choice:
    """What the configuration wants instead of what the overlay says; "" leaves it to the overlay."""

    version: str = ""
    edition: str = ""


def read(directory: Path) -> dict[str, Any]:
    """The kustomization of a directory; empty where there is none."""
    path = directory / FILE
    if not path.is_file():
        return {}
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER) or {}  # noqa: S506  # a safe one


def chain(root: Path, overlay: Path) -> list[Path]:
    """The overlay directories that a component's overlay is made of: itself, then those it builds upon."""
    directories: list[Path] = []
    queue = [overlay.resolve()]
    above = (root / "overlays").resolve()
    while queue:
        directory = queue.pop(0)
        if directory in directories or not (directory / FILE).is_file():
            continue
        directories.append(directory)
        document = read(directory)
        for entry in (*(document.get("resources") or []), *(document.get("components") or [])):
            target = (directory / str(entry)).resolve()
            if target.is_dir() and target.is_relative_to(above):
                queue.append(target)
    return directories


def paths(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, entry) of everything in a kustomization that may lead into manifests/."""
    for part in ("resources", "components"):
        for entry in document.get(part) or []:
            yield part, str(entry)
    chart_home = (document.get("helmGlobals") or {}).get("chartHome")
    if chart_home:
        yield "chartHome", str(chart_home)


def built_upon(root: Path, overlay: str, name: str) -> tuple[str, str]:
    """(version, edition) of a component in an overlay; "" for what its paths do not say.

    The edition is a folder with a component.yaml below that of the version.
    """
    folder = (root / "manifests" / name).resolve()
    choice = "", ""
    for directory in chain(root, root / "overlays" / overlay / name):
        for part, entry in paths(read(directory)):
            target = (directory / entry).resolve()
            if part == "components" or not target.is_relative_to(folder) or target == folder:
                continue
            version, *rest = target.relative_to(folder).parts
            if rest and (folder / version / rest[0] / "component.yaml").is_file():
                return version, rest[0]
            # What all editions share says the version alone.
            choice = choice if choice[0] else (version, "")
    return choice


def editions(version: Path) -> list[str]:
    """The editions that a version's folder holds; none when it is one edition itself."""
    return sorted(path.parent.name for path in version.glob("*/component.yaml"))
