"""What became of the components: a table for people, JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import click

from slipway.progress import Timing
from slipway.release.applying.engine import Installation, Outcome

MARKS = {"ready": "✓", "unchanged": "✓", "failed": "✗", "skipped": "-"}


def show(done: Installation, timings: Iterable[Timing], output: str, where: Mapping[str, str] | None = None) -> None:
    """Print an installation. ``where``: the cluster, as Client.where."""
    if output == "json":
        click.echo(json.dumps({**value(done, timings), **({"to": dict(where)} if where else {})}, indent=2))
        return
    if done.idle:
        click.echo(unchanged(done))
        return
    click.echo(table(done))
    if line := slowest(done):
        click.echo(line)


def value(done: Installation, timings: Iterable[Timing] = ()) -> dict[str, Any]:
    """The installation as JSON."""
    return {
        "ok": done.ok,
        "changed": done.changed,
        "revision": done.release.revision,
        "components": [_outcome(outcome) for outcome in done.outcomes],
        "timings": [{"phase": t.group, "step": t.name, "seconds": round(t.seconds, 3), "ok": t.ok} for t in timings],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "component": outcome.component,
        "version": outcome.version,
        "edition": outcome.edition,
        "result": outcome.result,
        "why": outcome.why,
        "seconds": {name: round(seconds, 3) for name, seconds in outcome.seconds.items()},
        "probes": [{"probe": p.name, "says": p.sentence, "seconds": round(p.seconds, 3)} for p in outcome.probes],
        "error": str(outcome.error) if outcome.error else None,
    }


def unchanged(done: Installation) -> str:
    """The one line of an installation that changed nothing."""
    count = len(done.outcomes)
    return f"nothing to do: {count} components are installed and ready (release {done.release.revision})"


def table(done: Installation) -> str:
    """One line per component: state, version, edition, and the seconds of its parts."""
    from slipway.report.table import text_table

    rows = []
    for o in done.outcomes:
        parts = [f"{o.seconds[key]:.1f}" if key in o.seconds else "" for key in ("images", "apply", "ready", "probes")]
        total = f"{o.total:.1f}" if o.seconds else ""
        text = o.why if o.result in ("failed", "skipped") else "; ".join(p.sentence for p in o.probes)
        if o.error:
            text = str(o.error.what)
        rows.append([f"{MARKS[o.result]} {o.component}", o.version, o.edition, o.result, *parts, total, text])
    head = ["component", "version", "edition", "state", "images s", "apply s", "ready s", "probes s", "total s", ""]
    return text_table(head, rows, right=(4, 5, 6, 7, 8))


def slowest(done: Installation, most: int = 3) -> str:
    """Where the time went: ``slowest: jupyterhub 25 s (probes 18 s), argo 9 s (ready 6 s)``; "" when there is none."""
    outcomes = sorted((o for o in done.outcomes if o.seconds), key=lambda o: -o.total)[:most]
    parts = []
    for outcome in outcomes:
        part, seconds = max(outcome.seconds.items(), key=lambda item: item[1])
        parts.append(f"{outcome.component} {outcome.total:.0f} s ({part} {seconds:.0f} s)")
    return f"slowest: {', '.join(parts)}" if parts else ""
