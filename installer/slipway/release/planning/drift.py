"""What others changed: the cluster against the newest revision."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import click

from slipway.kube import Client
from slipway.release.diff import Change
from slipway.release.planning.compare import compare
from slipway.release.state import revisions
from slipway.release.state.inventory import load_records

WORDS = {"create": "is missing", "change": "was changed", "delete": "is left over", "invalid": "cannot be put back"}


def drift(client: Client, names: Collection[str] = ()) -> list[Change]:
    """Objects that are not as the newest revision left them; of components that are installed (and named)."""
    history = revisions.entries(client)
    if not history:
        return []
    last, records = revisions.load(client, history[-1].number), load_records(client)
    chosen = [name for name in last.components if name in records and (not names or name in names)]
    rendered = {name: last.components[name].rendered() for name in chosen}
    return [change for change in compare(client, rendered, last.project) if change.action != "keep"]


def lines(changes: Iterable[Change]) -> Iterator[str]:
    """One line for each object, one for each field: what it is, what it should be, who wrote it and when."""
    for change in changes:
        yield click.style(f"~ {change.component}: {change.ref} {WORDS.get(change.action, '')}", fg="yellow", bold=True)
        for field in change.fields:
            secret = change.ref.kind == "Secret" and field.path.split(".")[0] in ("data", "stringData")
            values = "" if secret else f": {_short(field.before)} instead of {_short(field.after)}"
            who = f", by {field.writer}" if field.owner else ""
            yield f"    {field.path}{values}{who}"


def _short(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
