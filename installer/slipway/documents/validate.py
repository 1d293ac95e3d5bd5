"""JSON Schema errors as sentences: unknown key (did you mean), wrong type, out of range."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from slipway.documents.document import Document, Path, Problem, dotted
from slipway.documents.fast import LOADER

if TYPE_CHECKING:
    from jsonschema import ValidationError

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


@functools.cache
def load_schema(package: str, name: str = "schema.yaml") -> dict[str, Any]:
    """A schema file that lies in a package of Slipway."""
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    schema: dict[str, Any] = yaml.load(text, Loader=LOADER)  # noqa: S506
    return schema


def check(document: Document, schema: dict[str, Any]) -> list[Problem]:
    """Every fault of a document, in the order of the file."""
    if document.problems:
        return list(document.problems)
    try:
        errors = list(_validator()(schema).iter_errors(document.value))
    except RecursionError:
        return [Problem(document.name, "", "nested too deeply")]
    problems = [problem for error in errors for problem in _explain(document, error)]
    return sorted(problems, key=lambda problem: (_line(problem), problem.key))


@functools.cache
def _validator() -> Any:
    """Draft 2020-12, to which 3.0 is a whole number: to Python it is none."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    def whole(_: object, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", whole)
    return extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` (did you mean …?)`` or, without a similar word, the list of known ones when it is short."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f" (did you mean '{close[0]}'?)"
    return f" (known: {', '.join(words)})" if 0 < len(words) <= 20 else ""


def _line(problem: Problem) -> int:
    tail = problem.where.rpartition(":")[2]
    return int(tail) if tail.isdigit() else 0


def _explain(document: Document, error: ValidationError) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    schema: Any = error.schema
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = schema.get("properties", {})
        for key in error.instance:
            if key not in known:
                inner = (*path, key)
                new = schema.get("x-renamed", {}).get(key)
                text = f"is called '{new}' now" if new else f"unknown key{did_you_mean(key, known)}"
                yield Problem(document.where(inner), dotted(inner), text)
        return
    if error.validator in ("anyOf", "oneOf") and error.context:
        best = max(error.context, key=lambda inner: len(inner.absolute_path))
        if len(best.absolute_path) > len(path):
            yield from _explain(document, best)
            return
    yield Problem(document.where(path), dotted(path), _sentence(error))


def _sentence(error: ValidationError) -> str:
    schema: Any = error.schema
    value: Any = error.instance
    wanted: Any = error.validator_value
    text = _quoted(value)
    match error.validator:
        case "type":
            kinds = wanted if isinstance(wanted, list) else [wanted]
            return f"must be {' or '.join(_TYPES.get(str(kind), str(kind)) for kind in kinds)}, not {text}"
        case "enum":
            hint = did_you_mean(value, [str(w) for w in wanted]) if isinstance(value, str) else ""
            return f"{text} is not possible{hint or f' (one of {wanted})'}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            low, high = schema.get("minimum"), schema.get("maximum")
            limits = f"{low} to {high}" if low is not None and high is not None else f"{error.validator} {wanted}"
            return f"{text} is out of range ({limits})"
        case "pattern" | "propertyNames":
            return f"{text} is not valid{': ' + schema['description'] if 'description' in schema else ''}"
        case "required":
            missing = [key for key in wanted if isinstance(value, dict) and key not in value]
            return f"needs the key {', '.join(missing)}"
        case _:
            return error.message.splitlines()[0][:200]


def _quoted(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    return repr(value)[:80]
