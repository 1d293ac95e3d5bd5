"""Text inside of objects: YAML and JSON documents, templates and scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from slipway.documents.fast import DUMPER, LOADER
from slipway.images import places
from slipway.images.reference import FULL, evident


@dataclass(frozen=True)
class Documents:
    """The parsed documents of a text; ``json`` says how they were written."""

    values: tuple[Any, ...]
    json: bool

    def written(self, text: str, new: Sequence[Any], replaced: Mapping[str, str]) -> str:
        """The text for new values: the same with words replaced if that says it, comments and layout included."""
        candidate = _replace_words(text, replaced)
        again = documents(candidate)
        if again is not None and list(again.values) == list(new):
            return candidate
        if self.json:
            return json.dumps(new[0], indent=2 if "\n" in text.strip() else None, ensure_ascii=False)
        return str(yaml.dump_all(new, Dumper=DUMPER, sort_keys=False, allow_unicode=True))


def may_have_images(text: str) -> bool:
    """A quick look: most strings have none."""
    return (":" in text and ("/" in text or "image" in text.lower())) or "@sha256:" in text


def documents(text: str) -> Documents | None:
    """The text as mappings or lists in JSON or YAML; None when it is something else."""
    head = text.lstrip()[:1]
    if head in ("{", "["):
        try:
            return Documents((json.loads(text),), True)
        except ValueError:
            pass
    if "\n" not in text and head not in ("{", "["):
        return None
    try:
        values = tuple(value for value in yaml.load_all(text, Loader=LOADER) if value is not None)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not values or not all(isinstance(value, dict | list) for value in values):
        return None
    return Documents(values, False)


def substitute_in_words(text: str, change: Callable[[str], str]) -> str:
    """Templates and scripts: full references anywhere, shorter ones after ``image:`` or ``IMAGE=``."""
    spans = [(match.start(), match.end()) for match in FULL.finditer(text)]
    for match in places.LINE.finditer(text):
        start, end = match.span("value")
        free = all(end <= other[0] or start >= other[1] for other in spans)
        if free and evident(match["value"]):
            spans.append((start, end))
    parts, at = [], 0
    for start, end in sorted(spans):
        parts += [text[at:start], change(text[start:end])]
        at = end
    return "".join([*parts, text[at:]])


def _replace_words(text: str, replaced: Mapping[str, str]) -> str:
    words = sorted((re.escape(old) for old in replaced), key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w./:@-])(?:{'|'.join(words)})(?![\w/@:-]|\.\w)")
    return pattern.sub(lambda match: replaced[match[0]], text)
