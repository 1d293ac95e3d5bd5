"""Differences for people (unified, in colours where there is a terminal) and for scripts (JSON)."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click
import yaml

from slipway.kube import Obj
from slipway.release.diff.clean import HIDDEN, displayed
from slipway.release.diff.model import Change

MARKS = {"create": "+", "change": "~", "replace": "±", "delete": "-", "keep": "=", "invalid": "✗"}
COLOURS = {"create": "green", "change": "yellow", "replace": "red", "delete": "red", "keep": "cyan", "invalid": "red"}
WORDS = {
    "create": "to create",
    "change": "to change",
    "replace": "to make anew",
    "delete": "to delete",
    "keep": "to leave",
    "invalid": "invalid",
}
#: Unchanged lines around a difference.
CONTEXT = 3


def summary(changes: Sequence[Change], objects: int) -> str:
    """``3 to create, 1 to change; 117 as they are``."""
    counts = Counter[str](change.action for change in changes)
    parts = [f"{counts[action]} {words}" for action, words in WORDS.items() if counts[action]]
    same = objects - sum(counts[action] for action in ("create", "change", "replace", "invalid"))
    guessed = sum(bool(change.guess) for change in changes)
    text = ", ".join(parts) or "nothing to do"
    return f"{text}; {max(same, 0)} as they are" + (f"; {guessed} guessed" if guessed else "")


def as_text(changes: Iterable[Change], *, brief: bool = False) -> Iterator[str]:
    """Lines with colours; click removes these where there is no terminal. ``brief``: one line per object."""
    for change in changes:
        head = f"{MARKS[change.action]} {change.component}: {change.ref}"
        file = change.file if change.action == "invalid" else ""
        remarks = [text for text in (change.why, f"guessed: {change.guess}" if change.guess else "", file) if text]
        yield click.style(head + (f"  ({'; '.join(remarks)})" if remarks else ""), fg=COLOURS[change.action], bold=True)
        if change.remedy:
            yield click.style(f"  → {change.remedy}", fg=COLOURS[change.action])
        if not brief:
            yield from _lines(change)


def _lines(change: Change) -> Iterator[str]:
    if change.action in ("delete", "keep"):
        return
    for field in change.fields:
        if field.owner:
            yield click.style(f"  ! {field.path} was written by {field.writer}", fg="magenta")
    before, after = displayed(change.before), displayed(change.after, change.before)
    lines = difflib.unified_diff(_yaml(before), _yaml(after), "present", "future", lineterm="", n=CONTEXT)
    for line in list(lines)[2:]:
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        yield "  " + click.style(line, fg=colour)


def _yaml(obj: Obj | None) -> list[str]:
    return yaml.safe_dump(obj, sort_keys=True, allow_unicode=True, width=160).splitlines() if obj else []


def as_json(changes: Iterable[Change], objects: int, more: Mapping[str, Any] | None = None) -> str:
    """{summary: {action: count}, changes: [{component, apiVersion, kind, namespace, name, action, fields, …}], …}."""
    listed = list(changes)
    counts: dict[str, int] = dict(Counter[str](change.action for change in listed))
    rows = [_row(change) for change in listed]
    return json.dumps({"summary": {**counts, "objects": objects}, "changes": rows, **(more or {})}, indent=2) + "\n"


def _row(change: Change) -> dict[str, Any]:
    ref, secret = change.ref, change.ref.kind == "Secret"
    fields = []
    for field in change.fields:
        hidden = secret and field.path.split(".")[0] in ("data", "stringData")
        values = (HIDDEN, HIDDEN) if hidden else (field.before, field.after)
        fields.append(
            {
                "path": field.path,
                "before": values[0],
                "after": values[1],
                "owner": field.owner,
                "at": field.at,
                **({"through": field.through} if field.through else {}),
            }
        )
    return {
        "component": change.component,
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "namespace": ref.namespace,
        "name": ref.name,
        "action": change.action,
        "guess": change.guess,
        "why": change.why,
        "remedy": change.remedy,
        "file": change.file,
        "fields": fields,
    }
