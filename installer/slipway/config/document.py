"""YAML with positions: the value of a file and where each key stands in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

#: Keys and list indexes from the root to a value.
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One fault in an input: where it stands (``file:line``, an option, a variable), the key, and what is wrong."""

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.key}: {self.message}" if self.key else f"{self.where}: {self.message}"


@dataclass(frozen=True)
class Document:
    """A parsed input: ``lines`` has the line (from 1) of every key; ``name`` is a file's name or an option."""

    name: str
    value: Any
    lines: Mapping[Path, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def where(self, path: Path) -> str:
        """``name:line`` of the deepest known part of a path."""
        for length in range(len(path), -1, -1):
            line = self.lines.get(path[:length])
            if line is not None:
                return f"{self.name}:{line}"
        return self.name


class _Loader(yaml.SafeLoader):
    """Safe YAML whose scalars are those of JSON: a date stays the text that was written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def dotted(path: Path) -> str:
    """``components.argo.timeout``, ``list[2]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def parse(text: str, name: str) -> Document:
    """Parse one YAML document. Faults become problems, never exceptions."""
    try:
        return _parse(text, name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}" if mark else name
        message = " ".join(part for part in (error.context, error.problem) if part)
        return Document(name, None, problems=(Problem(where, "", f"not valid YAML: {message}"),))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        return Document(name, None, problems=(Problem(name, "", f"not valid YAML: {error}"),))
    except RecursionError:
        return Document(name, None, problems=(Problem(name, "", "nested too deeply"),))


def _parse(text: str, name: str) -> Document:
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            # An alias can stand for a loop, or grow exponentially; no configuration needs one.
            where = f"{name}:{_line(event)}"
            return Document(name, None, problems=(Problem(where, "", f"aliases (*{event.anchor}) are not supported"),))
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(name, None)
        lines: dict[Path, int] = {}
        problems: list[Problem] = []
        _positions(node, (), name, lines, problems)
        value = loader.construct_document(node)
    finally:
        loader.dispose()
    return Document(name, value, lines, tuple(problems + list(_not_json(value, (), name, lines))))


def _line(part: yaml.Node | yaml.Event) -> int:
    return part.start_mark.line + 1 if part.start_mark else 1


def _positions(node: yaml.Node, path: Path, name: str, lines: dict[Path, int], problems: list[Problem]) -> None:
    lines.setdefault(path, _line(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = _line(key)
            inner = (*path, str(key.value))
            if inner in lines:
                problems.append(
                    Problem(f"{name}:{line}", dotted(inner), f"stands twice (first in line {lines[inner]})")
                )
            lines[inner] = line
            _positions(value, inner, name, lines, problems)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _positions(value, (*path, index), name, lines, problems)


def _not_json(value: Any, path: Path, name: str, lines: Mapping[Path, int]) -> list[Problem]:
    """Values that YAML has and JSON has not: keys that are no text, bytes, sets, infinite numbers."""
    document = Document(name, None, lines)
    if isinstance(value, dict):
        found: list[Problem] = []
        for key, inner in value.items():
            if not isinstance(key, str):
                found.append(Problem(document.where((*path, str(key))), dotted((*path, str(key))), "keys must be text"))
            else:
                found += _not_json(inner, (*path, key), name, lines)
        return found
    if isinstance(value, list):
        return [problem for i, inner in enumerate(value) for problem in _not_json(inner, (*path, i), name, lines)]
    if isinstance(value, float) and not math.isfinite(value):
        return [Problem(document.where(path), dotted(path), "must be a finite number")]
    if value is not None and not isinstance(value, str | bool | int | float):
        return [Problem(document.where(path), dotted(path), f"{type(value).__name__} values are not supported")]
    return []
