"""Reading and checking a configuration. Every fault is collected; BadInput tells them all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from slipway.catalog import Catalog
from slipway.catalog.settings import fault
from slipway.config import project
from slipway.config.layers import combine, from_environment, from_set
from slipway.config.model import Config, from_value
from slipway.documents.document import Document, Problem, decode, dotted, parse
from slipway.documents.validate import check, did_you_mean, load_schema
from slipway.errors import BadInput

FILE = "slipway.yaml"


def load(
    root: Path,
    file: Path | None = None,
    sets: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    overlay: str = "",
) -> tuple[Config, list[Document]]:
    """The configuration and its layers (for ``check_components``).

    ``file`` None: ./slipway.yaml when it exists. ``overlay``: what --overlay says. Raises BadInput.
    """
    schema = load_schema("slipway.config")
    upper = [*_file(file), *from_environment(os.environ if environment is None else environment, schema)]
    upper += [from_set(text) for text in sets]
    upper += [Document("--overlay", {"overlay": overlay})] if overlay else []
    problems = _check(upper, schema)
    if not problems:
        chosen = from_value(combine(upper)).overlay
        layers = [*_overlay(root, chosen), *upper]
        problems = _check(layers, schema)
    raise_problems(problems)
    return from_value(combine(layers)), layers


def parse_text(text: str, name: str = FILE) -> Config:
    """A Config of the text of one file alone. Raises BadInput."""
    document = parse(text, name)
    raise_problems(_check([document], load_schema("slipway.config")))
    return from_value(document.value or {})


def check_components(layers: Iterable[Document], catalog: Catalog, known: Iterable[str]) -> None:
    """Names of components against ``known``, the overlay's, and settings against the catalog. Raises BadInput."""
    names = set(known)
    problems: list[Problem] = []
    taken = {component.namespace: name for name, component in catalog.components.items()}
    for document in layers:
        problems += project.against(document, taken)
        for name, section in ((document.value or {}).get("components") or {}).items():
            path = ("components", name)
            if name not in names:
                text = f"unknown component{did_you_mean(name, names)} in overlay {catalog.overlay}"
                problems.append(Problem(document.where(path), dotted(path), text))
            component = catalog.components.get(name)
            if component is None:
                continue
            for key, value in (section.get("settings") or {}).items():
                inner = (*path, "settings", key)
                setting = component.setting(key)
                declared = [s.name for s in component.settings]
                text = fault(setting, value) if setting else f"unknown setting{did_you_mean(key, declared)}"
                problems += [Problem(document.where(inner), dotted(inner), text)] if text else []
    raise_problems(problems)


def located(error: BadInput, layers: Iterable[Document]) -> BadInput:
    """The same error, each key of the configuration in it with the file and line that said it last."""
    documents = list(layers)

    def of(key: str) -> str:
        path = tuple(key.split("."))
        places = [document.where(path) for document in documents if _has(document.value, path)]
        return f"{places[-1]}: {key}" if places else key

    def line(text: str) -> str:
        key, colon, rest = text.partition(": ")
        return f"{of(key)}{colon}{rest}"

    return BadInput(error.what, of(error.where), error.remedy, tuple(line(text) for text in error.details))


def _has(value: Any, path: Iterable[str]) -> bool:
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


def raise_problems(problems: Iterable[Problem]) -> None:
    """Raise BadInput that names every problem, or do nothing when there is none."""
    faults = list(problems)
    if faults:
        many = f"{len(faults)} faults" if len(faults) > 1 else "a fault"
        raise BadInput(f"the configuration has {many}; nothing was changed", details=tuple(map(str, faults)))


def _check(documents: Iterable[Document], schema: dict[str, Any]) -> list[Problem]:
    problems = []
    for document in documents:
        blank = document.value is None and not document.problems
        problems += [] if blank else [*check(document, schema), *project.check(document)]
    return problems


def _file(file: Path | None) -> list[Document]:
    path = file or Path(FILE)
    if file is None and not path.is_file():
        return []
    try:
        return [decode(path.read_bytes(), str(path))]
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", str(path), "give --config FILE") from error


def _overlay(root: Path, overlay: str) -> list[Document]:
    """overlays/<overlay>/slipway.yaml, what an overlay itself configures."""
    path = root / "overlays" / overlay / FILE
    return [decode(path.read_bytes(), f"overlays/{overlay}/{FILE}")] if path.is_file() else []
