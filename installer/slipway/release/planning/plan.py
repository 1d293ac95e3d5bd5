"""What an installation will do to each component, decided from values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from slipway.catalog.graph import order
from slipway.readiness import StorageClasses, ready
from slipway.release.objects.snapshot import Find
from slipway.release.state.inventory import Record
from slipway.release.state.revisions.model import Origin
from slipway.render import Rendered

#: unchanged: nothing to do; recover: nothing to apply, but wait and probe; apply: the whole way.
Action = Literal["unchanged", "recover", "apply"]


@dataclass(frozen=True)
class Plan:
    """An installation: rendered components, the seconds each may take, where it goes, and who asked for it.

    ``adopt``: which foreign objects may be taken over, as the user wrote them;
    ``replace``: which that cannot be changed may be deleted and made anew. ``whole``: where something would be refused,
    nothing is installed; else the component that it is of fails, before anything of it is written.
    """

    overlay: str
    project: str
    rendered: Mapping[str, Rendered]
    timeouts: Mapping[str, float] = field(default_factory=dict)
    reapply: bool = False
    probe_all: bool = False
    origin: Origin = field(default_factory=Origin)
    adopt: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    whole: bool = False

    @property
    def requires(self) -> dict[str, tuple[str, ...]]:
        """The dependency graph of the components that are in the plan."""
        return order({name: item.component for name, item in self.rendered.items()})


def decide(
    rendered: Rendered, record: Record | None, live: Find, around: StorageClasses, plan: Plan
) -> tuple[Action, str]:
    """The action for one component, and why."""
    if plan.reapply:
        return "apply", "requested"
    if record is None:
        return "apply", "not installed"
    if record.damage:
        return "apply", f"its record is damaged: {'; '.join(record.damage)}"
    if record.digest != rendered.digest:
        return "apply", "changed"
    missing = [ref for ref in {*rendered.refs, *record.secrets} if live(ref) is None]
    if missing:
        return "apply", f"{missing[0]} is missing"
    ending = [ref for ref in rendered.refs if "deletionTimestamp" in ((live(ref) or {}).get("metadata") or {})]
    if ending:
        # It is there, and will not be: it is waited for and made anew.
        return "apply", f"{min(ending)} is being deleted"
    if record.state != "ready":
        return "apply", f"the last installation was left {record.state}"
    waiting = [ref for ref in rendered.refs if not ready(live(ref), around).ready]
    if waiting:
        return "recover", f"{waiting[0]} is not ready"
    if plan.probe_all:
        return "recover", "probes requested"
    return "unchanged", ""


def kinds_of(rendered: Iterable[Rendered]) -> set[tuple[str, str]]:
    """All (apiVersion, kind) of the components' objects, and Secret, which may be generated."""
    return {(ref.api_version, ref.kind) for item in rendered for ref in item.refs} | {("v1", "Secret")}
