"""The part of GJSON's path language that success and failure conditions are written in.

Source: github.com/tidwall/gjson, SYNTAX.md. Understood: keys (with ``\\`` escapes), array indexes, ``#`` (length, or
mapping with a rest), ``#(query)`` (first match), ``#(query)#`` (all matches), ``.`` and ``|``. Modifiers (``@``),
multipaths (``{`` ``[``), literals (``!``), wildcards, nested queries and tildes are refused, never guessed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from slipway_katib import numbers

#: What a path that leads nowhere gives.
MISSING = object()


class BadExpression(ValueError):
    """A path outside the understood part; the message says why."""


@dataclass(frozen=True)
class Query:
    """``path op value``; an empty ``op`` asks for existence."""

    path: tuple[str, ...]
    op: str
    value: str


@dataclass(frozen=True)
class Step:
    """One component: a key, ``#`` or a query; ``piped`` when ``|`` stood before it; ``every`` for a trailing ``#``."""

    key: str = ""
    query: Query | None = None
    length: bool = False
    every: bool = False
    piped: bool = False


_OPERATOR = re.compile(r"(==|!=|<=|>=|<|>|=)")


def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path. Raises BadExpression."""
    if not path:
        raise BadExpression("the expression is empty")
    steps: list[Step] = []
    position, piped = 0, False
    while True:
        step, position = _step(path, position, piped)
        steps.append(step)
        if position == len(path):
            return tuple(steps)
        if path[position] not in ".|":
            raise BadExpression(f"'.' or '|' expected at {path[position:]!r}")
        piped = path[position] == "|"
        position += 1


def _step(path: str, start: int, piped: bool) -> tuple[Step, int]:
    if path.startswith("#(", start):
        end = _closing(path, start + 1)
        query = _query(path[start + 2 : end])
        every = path.startswith("#", end + 1)
        return Step(query=query, every=every, piped=piped), end + 1 + every
    if path.startswith("#", start):
        return Step(length=True, piped=piped), start + 1
    key, end = _key(path, start)
    return Step(key=key, piped=piped), end


def _key(path: str, start: int) -> tuple[str, int]:
    if start < len(path) and path[start] in "@{[!":
        raise BadExpression(f"{path[start]!r} (modifiers, multipaths and literals) is not supported: {path[start:]!r}")
    out: list[str] = []
    position = start
    while position < len(path) and path[position] not in ".|":
        char = path[position]
        if char in "*?":
            raise BadExpression(f"the wildcard {char!r} is not supported")
        if char == "\\":
            position += 1
            if position == len(path):
                raise BadExpression(f"the backslash at the end of {path!r} escapes nothing")
            char = path[position]
        out.append(char)
        position += 1
    if not out:
        raise BadExpression(f"a key is missing at {path[start:]!r}")
    return "".join(out), position


def _closing(path: str, start: int) -> int:
    """The index of the parenthesis that closes the one at ``start``; quotes hide parentheses."""
    position, quoted = start + 1, False
    while position < len(path):
        char = path[position]
        if char == "\\":
            position += 1
        elif char == '"':
            quoted = not quoted
        elif not quoted and char == "(":
            raise BadExpression("queries within queries are not supported")
        elif not quoted and char == ")":
            return position
        position += 1
    raise BadExpression(f"')' is missing after {path[start:]!r}")


def _query(text: str) -> Query:
    text = text.strip()
    found = _OPERATOR.search(text)
    left, op, value = (text[: found.start()], found.group(), text[found.end() :]) if found else (text, "", "")
    left, value = left.strip(), value.strip()
    if "%" in left or "~" in left or value.startswith("~"):
        raise BadExpression(f"the operators % and ~ are not supported: {text!r}")
    if value.startswith('"'):
        try:
            value = str(json.loads(value))
        except ValueError as error:
            raise BadExpression(f"not a string: {value}") from error
    elif op and not value:
        raise BadExpression(f"a value is missing in {text!r}")
    keys: list[str] = []
    position = 0
    while left:
        key, position = _key(left, position)
        keys.append(key)
        if position == len(left):
            break
        position += 1
    if not keys and not op:
        raise BadExpression("the query is empty")
    return Query(tuple(keys), "==" if op == "=" else op, value)


def get(document: Any, path: str) -> Any:
    """What the path leads to, or MISSING. Raises BadExpression."""
    return _walk(document, parse(path))


def _walk(value: Any, steps: tuple[Step, ...]) -> Any:
    for index, step in enumerate(steps):
        if value is MISSING:
            return MISSING
        rest = steps[index + 1 :]
        if step.query is not None:
            if not isinstance(value, list):
                return MISSING
            hits = [item for item in value if _matches(item, step.query)]
            if not step.every:
                value = hits[0] if hits else MISSING
            elif rest and not rest[0].piped:
                return _map(hits, rest)
            else:
                value = hits
        elif step.length:
            if not isinstance(value, list):
                return MISSING
            if rest and not rest[0].piped:
                return _map(value, rest)
            value = len(value)
        else:
            value = _child(value, step.key)
    return value


def _map(items: list[Any], steps: tuple[Step, ...]) -> Any:
    """The steps up to the next pipe for each item, the others for the list of results."""
    cut = next((index for index, step in enumerate(steps) if step.piped), len(steps))
    found = [result for item in items if (result := _walk(item, steps[:cut])) is not MISSING]
    return _walk(found, steps[cut:])


def _child(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key, MISSING)
    if isinstance(value, list) and key.isdecimal() and key.isascii():
        return value[int(key)] if int(key) < len(value) else MISSING
    return MISSING


def _matches(item: Any, query: Query) -> bool:
    for key in query.path:
        item = _child(item, key)
    if item is MISSING:
        return False
    if not query.op:
        return True
    if isinstance(item, str):
        return _compare(item, query.op, query.value)
    if isinstance(item, bool):
        right = {"true": True, "false": False}.get(query.value)
        if right is None:
            return query.op == "!="
        return _compare(item, query.op, right)
    if isinstance(item, int | float):
        return _compare(float(item), query.op, numbers.parse(query.value) or 0.0)
    if item is None:
        return (query.value == "null") == (query.op == "==")
    return False


def _compare(left: Any, op: str, right: Any) -> bool:
    if op == "==":
        return bool(left == right)
    if op == "!=":
        return bool(left != right)
    if op in ("<", "<="):
        return bool(left < right or (op == "<=" and left == right))
    return bool(left > right or (op == ">=" and left == right))
