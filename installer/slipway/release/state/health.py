"""How installed components are, from the inventory and the live objects alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from slipway.kube import Client
from slipway.readiness import StorageClasses, ready
from slipway.release.objects.snapshot import Find, snapshot
from slipway.release.objects.storage_classes import storage_classes
from slipway.release.state.inventory import Record


@dataclass(frozen=True)
class Health:
    """One component: ``state`` is ready, not ready, installing or failed; ``problems`` say why."""

    component: str
    state: Literal["ready", "not ready", "installing", "failed"]
    problems: tuple[str, ...] = ()


def health(client: Client, records: Mapping[str, Record]) -> dict[str, Health]:
    """The health of every recorded component: one listing per kind."""
    kinds = {(ref.api_version, ref.kind) for record in records.values() for ref in record.all}
    find, around = snapshot(client, kinds), storage_classes(client)
    return {name: judge(record, find, around) for name, record in records.items()}


def judge(record: Record, find: Find, around: StorageClasses) -> Health:
    """One component; ``find`` looks an object up by its Ref."""
    problems = []
    for ref in sorted(record.all):
        verdict = ready(find(ref), around)
        if not verdict.ready:
            problems.append(f"{ref}: {verdict.reason}")
    if record.state == "failed":
        return Health(record.component, "failed", (record.message, *problems) if record.message else tuple(problems))
    if record.state == "installing":
        return Health(record.component, "installing", tuple(problems))
    return Health(record.component, "not ready" if problems else "ready", tuple(problems))
