"""The layers of a configuration: overlay < file < environment < --set; each is a document of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slipway.documents.document import Document, Path, Problem, parse

PREFIX = "SLIPWAY_"


def merge(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in top.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def nested(path: Path, value: Any) -> dict[str, Any]:
    """{a: {b: value}} for the path (a, b)."""
    for key in reversed(path):
        value = {str(key): value}
    return dict(value)


def scalar(text: str, name: str) -> tuple[Any, tuple[Problem, ...]]:
    """A value given as text: YAML, so that 5, true and 10Gi mean what they mean in the file."""
    document = parse(text, name)
    if document.problems:
        return None, document.problems
    return ("" if document.value is None else document.value), ()


def from_set(text: str) -> Document:
    """``--set components.argo.timeout=60``."""
    name = f"--set {text.partition('=')[0]}"
    key, equals, written = text.partition("=")
    parts = tuple(key.split("."))
    if not equals or not all(parts):
        return Document(f"--set {text}", None, problems=(Problem("--set", text, "must be KEY=VALUE, e.g. overlay=ci"),))
    value, problems = scalar(written, name)
    return Document(name, nested(parts, value), problems=problems)


def from_environment(environment: Mapping[str, str], schema: Mapping[str, Any]) -> list[Document]:
    """``SLIPWAY_PROJECT__NAMESPACE=ml``: the levels joined by two underscores, a dash written as one underscore.

    Variables whose first level is not a key of the schema are not meant for us (SLIPWAY_HOME).
    """
    known = {key.upper(): key for key in schema["properties"]}
    documents = []
    for variable in sorted(environment):
        levels = variable.removeprefix(PREFIX).split("__")
        if not variable.startswith(PREFIX) or levels[0] not in known:
            continue
        value, problems = scalar(environment[variable], variable)
        path: list[str] = []
        for index, level in enumerate(levels):
            name = level.lower()
            # Components' names have dashes; every other key has underscores.
            path.append(name.replace("_", "-") if path == ["components"] and index == 1 else name)
        documents.append(Document(variable, nested(tuple(path), value), problems=problems))
    return documents


def combine(documents: Iterable[Document]) -> dict[str, Any]:
    """All layers, later ones win."""
    value: dict[str, Any] = {}
    for document in documents:
        value = merge(value, document.value or {})
    return value
