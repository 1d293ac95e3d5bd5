"""What cannot be done with a SeldonDeployment, as sentences for its status; and checked access to loose JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

#: A JSON object.
Obj = dict[str, Any]


class Refused(Exception):
    """The object is invalid or asks for what this edition lacks; ``reasons`` are whole sentences.

    ``passing``: the cause lies outside of the object, and may go away without a change of it.
    """

    def __init__(self, *reasons: str, passing: bool = False) -> None:
        super().__init__(" ".join(reasons))
        self.reasons, self.passing = reasons, passing


def as_object(value: object, where: str) -> Obj:
    """``value`` as a JSON object; None (a key without a value in YAML) is the empty one. Raises Refused."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise Refused(f"{where} must be an object.")
    return value


def as_list(value: object, where: str) -> list[Any]:
    """``value`` as a JSON array; None is the empty one. Raises Refused."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused(f"{where} must be a list.")
    return value


def as_objects(value: object, where: str) -> list[Obj]:
    """``value`` as an array of JSON objects, none of them null. Raises Refused."""
    items = as_list(value, where)
    for index, item in enumerate(items):
        if item is None:
            raise Refused(f"{where}[{index}] must be an object.")
        as_object(item, f"{where}[{index}]")
    return items


def as_text(value: object, where: str) -> str:
    """``value`` as a string; None is the empty one. Raises Refused."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(f"{where} must be a string.")
    return value


def as_texts(value: object, where: str) -> dict[str, str]:
    """``value`` as an object of strings (labels, annotations). Raises Refused."""
    return {key: as_text(item, f"{where}[{key}]") for key, item in as_object(value, where).items()}


def as_number(value: object, where: str, default: int, low: int, high: int) -> int:
    """``value`` as a whole number within low…high; None is ``default``. Raises Refused."""
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(f"{where} must be a whole number.")
    if not low <= value <= high:
        raise Refused(f"{where} is {value}, and must be within {low} and {high}.")
    return value


def refuse(reasons: Iterable[str]) -> None:
    """Raise Refused when there are reasons."""
    found = tuple(dict.fromkeys(reasons))
    if found:
        raise Refused(*found)
