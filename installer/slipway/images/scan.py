"""One visit of every image reference in a value: in its place, in arguments, in variables, in text inside of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from slipway.images import places, split, texts
from slipway.images.reference import evident, parse

#: Keys and indexes from an object to a value; ">" where a text was read as YAML or JSON.
Path = tuple[str | int, ...]
#: What to write in place of a reference that stands at a path; the same text leaves it alone.
Change = Callable[[str, Path], str]

#: Kinds that describe types: what reads like an image there is an example in a description.
_NO_IMAGES = frozenset({"CustomResourceDefinition"})
_MARK = ">"


def visit(obj: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """A copy of an object with every reference replaced by what ``change`` says; the object itself if it has none."""
    if obj.get("kind") in _NO_IMAGES:
        return dict(obj)
    return _mapping(obj, change, ())


def references(obj: Mapping[str, Any]) -> list[tuple[str, Path]]:
    """(reference as it is written, path) of every image of an object."""
    seen: list[tuple[str, Path]] = []

    def note(text: str, path: Path) -> str:
        seen.append((text, path))
        return text

    visit(obj, note)
    return seen


def dotted(path: Path) -> str:
    """``data.config > executor.image``, ``spec.containers[0].image``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part == _MARK:
            text += " > "
        else:
            text += part if not text or text.endswith(" ") else f".{part}"
    return text


def _value(value: Any, change: Change, path: Path) -> Any:
    if isinstance(value, str):
        return _text(value, change, path)
    if isinstance(value, Mapping):
        return _mapping(value, change, path)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return _sequence(value, change, path)
    return value


def _mapping(mapping: Mapping[str, Any], change: Change, path: Path) -> dict[str, Any]:
    whole, done = _joined(mapping, change, path, split.seldon, split.with_seldon)
    variable = mapping.get("name")
    for key, inner in mapping.items():
        here: Path = (*path, str(key))
        if key in done:
            continue
        if isinstance(inner, str) and places.is_image_name(str(key)):
            whole[key] = _position(inner, change, here, certain=key == "image" and places.is_container(mapping))
        elif isinstance(inner, str) and key == "value" and isinstance(variable, str) and places.is_image_name(variable):
            whole[key] = _position(inner, change, here)
        elif isinstance(inner, Mapping) and places.is_image_name(str(key)):
            parts, joined = _joined(inner, change, here, split.helm, split.with_helm)
            whole[key] = parts if joined else _mapping(inner, change, here)
        else:
            whole[key] = _value(inner, change, here)
    return whole


def _joined(
    mapping: Mapping[str, Any],
    change: Change,
    path: Path,
    read: Callable[[Mapping[str, Any]], str],
    write: Callable[[Mapping[str, Any], Any], dict[str, Any]],
) -> tuple[dict[str, Any], frozenset[str]]:
    """A copy of the mapping with the image of its fields changed, and the names of these fields."""
    old = read(mapping)
    if not old:
        return dict(mapping), frozenset()
    new = change(old, path)
    changed = write(mapping, parse(new)) if new != old else dict(mapping)
    return changed, frozenset({"image", "defaultImageVersion", "registry", "repository", "tag"} & mapping.keys())


def _sequence(items: Sequence[Any], change: Change, path: Path) -> list[Any]:
    """A list; the value of a flag may be the next item: ``[--executor-image, x]``."""
    done: list[Any] = []
    before: Any = ""
    for index, item in enumerate(items):
        here: Path = (*path, index)
        if isinstance(item, str) and isinstance(before, str) and places.is_image_flag(before):
            done.append(_position(item, change, here))
        else:
            done.append(_value(item, change, here))
        before = item
    return done


def _position(text: str, change: Change, path: Path, *, certain: bool = False) -> str:
    """A string in an image's place; a bare word is one only where nothing else can stand."""
    if evident(text) or (certain and parse(text)):
        return change(text, path)
    return _text(text, change, path)


def _text(text: str, change: Change, path: Path) -> str:
    argument = places.ARGUMENT.fullmatch(text)
    if argument and places.is_image_flag(argument["flag"]):
        return f"{argument['flag']}={_position(argument['value'], change, path)}"
    if not texts.may_have_images(text):
        return text
    documents = texts.documents(text)
    if documents is None:
        return texts.substitute_in_words(text, lambda word: change(word, path))
    replaced: dict[str, str] = {}

    def recorded(old: str, where: Path) -> str:
        replaced[old] = change(old, where)
        return replaced[old]

    inside: Path = (*path, _MARK)
    if len(documents.values) == 1:
        new = [_value(documents.values[0], recorded, inside)]
    else:
        new = [_value(value, recorded, (*inside, index)) for index, value in enumerate(documents.values)]
    return text if new == list(documents.values) else documents.written(text, new, replaced)
