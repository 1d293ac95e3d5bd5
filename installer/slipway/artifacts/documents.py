"""YAML files with a schema: what is wrong is said with file and line."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from slipway.errors import BadInput

Where = tuple[str | int, ...]


def load(path: Path, schema: str) -> dict[str, Any]:
    """Read a YAML file and check it against a schema of ``schema.yaml``. Raises BadInput with the line."""
    try:
        text = path.read_text()
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except FileNotFoundError:
        raise BadInput("the file does not exist", str(path)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise BadInput(f"not YAML: {getattr(error, 'problem', error)}", f"{path}:{line}") from None
    lines: dict[Where, int] = {}
    if tree is not None:
        _collect(tree, (), lines)
    validator = jsonschema.Draft202012Validator(_schemas()[schema])
    for problem in sorted(validator.iter_errors(data), key=lambda found: [str(part) for part in found.absolute_path]):
        where, what = _explain(problem)
        raise BadInput(what, f"{path}:{_line(lines, where)}", _remedy(problem))
    return dict(data)


@cache
def _schemas() -> dict[str, Any]:
    text = (resources.files("slipway.artifacts") / "schema.yaml").read_text()
    return dict(yaml.safe_load(text))


def _collect(node: yaml.Node, where: Where, lines: dict[Where, int]) -> None:
    lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[(*where, key.value)] = key.start_mark.line + 1
            _collect(value, (*where, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _collect(value, (*where, index), lines)


def _line(lines: dict[Where, int], where: Where) -> int:
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


def _explain(error: jsonschema.ValidationError) -> tuple[Where, str]:
    where: Where = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        unknown = sorted(set(error.instance) - set(_properties(error)))
        if unknown:
            return (*where, unknown[0]), f"unknown key {unknown[0]!r}"
    name = ".".join(str(part) for part in where)
    return where, f"{name}: {error.message}" if name else error.message


def _remedy(error: jsonschema.ValidationError) -> str:
    if error.validator == "additionalProperties" and _properties(error):
        return f"keys that can stand here: {', '.join(sorted(_properties(error)))}"
    return ""


def _properties(error: jsonschema.ValidationError) -> dict[str, Any]:
    schema = error.schema
    return dict(schema.get("properties", {})) if isinstance(schema, dict) else {}
