"""YAML with positions: the value of a file and where each key stands in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from slipway.documents.fast import LOADER

#: What no configuration needs: deeper or larger ones are refused before they take time and memory.
DEEPEST, LARGEST = 32, 1024 * 1024
_TEXT = "tag:yaml.org,2002:str"

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


class _Positions:
    """Values that cannot be made of their text are reported with its line."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """As PyYAML's, whose constructors raise anything."""
        try:
            return super().construct_object(node, deep)  # type: ignore[misc]
        except (ValueError, OverflowError, LookupError, AttributeError, TypeError) as error:
            raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from error


class _Loader(_Positions, yaml.SafeLoader):
    """Safe YAML whose scalars are those of JSON: a date stays the text that was written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Fast(_Positions, LOADER):  # type: ignore[misc]
    """The same by libyaml, where it is there: for what is sound. What is not gets the words of the other one."""


_Fast.yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


def dotted(path: Path) -> str:
    """``components.argo.timeout``, ``list[2]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def decode(data: bytes, name: str) -> Document:
    """Parse the bytes of a file."""
    try:
        # A byte order mark is what some editors put first.
        return parse(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        where = f"{name}:{data.count(bytes([10]), 0, error.start) + 1}"
        return Document(name, None, problems=(Problem(where, "", f"not UTF-8: byte 0x{data[error.start]:02x}"),))


def parse(text: str, name: str) -> Document:
    """Parse one YAML document. Faults become problems, never exceptions."""
    if len(text) > LARGEST:
        problem = Problem(f"{name}:1", "", f"larger than {LARGEST // 1024} KiB: is this a configuration?")
        return Document(name, None, problems=(problem,))
    try:
        return _parse(text, name, _Fast)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        pass  # told below
    try:
        return _parse(text, name, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = " ".join(part for part in (error.context, error.problem) if part)
        return _not_yaml(f"{name}:{mark.line + 1 if mark else 1}", message)
    except yaml.reader.ReaderError as error:
        return _not_yaml(f"{name}:{text.count(chr(10), 0, error.position) + 1}", str(error).splitlines()[0])
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        return _not_yaml(f"{name}:1", str(error).splitlines()[0] if str(error) else "cannot be read")


def _shorthand(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def _not_yaml(where: str, message: str) -> Document:
    return Document(where.rpartition(":")[0], None, problems=(Problem(where, "", f"not valid YAML: {message}"),))


def _refused(text: str, name: str, kind: Any) -> Problem | None:
    """What is refused before a value is made of it: aliases, tags, depth (libyaml has no limit of its own)."""
    depth = 0
    for event in yaml.parse(text, Loader=kind):
        where = f"{name}:{_line(event)}"
        if isinstance(event, yaml.AliasEvent):
            # An alias can stand for a loop, or grow exponentially; no configuration needs one.
            return Problem(where, "", f"aliases (*{event.anchor}) are not supported")
        if (tag := getattr(event, "tag", None)) not in (None, "!", _TEXT):
            # A type that is said instead of seen: JSON has none, and a wrong one breaks PyYAML's constructors.
            return Problem(where, "", f"tags ({_shorthand(str(tag))}) are not supported")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            return Problem(where, "", f"nested too deeply: more than {DEEPEST} levels")
    return None


def _parse(text: str, name: str, kind: Any) -> Document:
    if problem := _refused(text, name, kind):
        return Document(name, None, problems=(problem,))
    loader = kind(text)
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
        problems: list[Problem] = []
        for key, inner in value.items():
            if not isinstance(key, str):
                problems.append(
                    Problem(document.where((*path, str(key))), dotted((*path, str(key))), "keys must be text")
                )
            else:
                problems += _not_json(inner, (*path, key), name, lines)
        return problems
    if isinstance(value, list):
        return [problem for i, inner in enumerate(value) for problem in _not_json(inner, (*path, i), name, lines)]
    if isinstance(value, float) and not math.isfinite(value):
        return [Problem(document.where(path), dotted(path), "must be a finite number")]
    if value is not None and not isinstance(value, str | bool | int | float):
        return [Problem(document.where(path), dotted(path), f"{type(value).__name__} values are not supported")]
    return []
