"""What must hold before a version follows another: nothing stored may become unreadable, nobody is surprised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from slipway.catalog import Component
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, ref_of
from slipway.progress import Reporter
from slipway.release.objects.custom_resources import instances
from slipway.release.state.inventory import Record
from slipway.render import Rendered

API = "apiextensions.k8s.io/v1"
#: Writers that are named before "and more".
MOST = 3


def refuse(
    client: Client, rendered: Iterable[Rendered], records: Mapping[str, Record], reporter: Reporter | None = None
) -> None:
    """Raise SlipwayError, before anything is changed, naming all that would lose data; warnings go to ``reporter``."""
    verdict = examine(client, rendered, records)
    if verdict.reasons:
        raise SlipwayError(
            "these versions cannot follow the installed ones; nothing was changed",
            remedy="choose versions between them (slipway upgrade --to), or migrate the stored objects first",
            details=verdict.reasons,
        )
    for text in verdict.warnings if reporter else ():
        reporter.say(text, mark="!")  # type: ignore[union-attr]


@dataclass(frozen=True)
class Examined:
    """What speaks against versions: ``reasons`` to refuse them, ``warnings`` of what others will notice."""

    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def examine(client: Client, rendered: Iterable[Rendered], records: Mapping[str, Record]) -> Examined:
    """Compare what is installed with what is to follow it. Reads only."""
    reasons: list[str] = []
    warnings: list[str] = []
    items = list(rendered)
    used = {(obj["apiVersion"], obj["kind"]): str(ref_of(obj)) for item in items for obj in item.objects}
    for item in items:
        component, record = item.component, records.get(item.component.name)
        if record is None:
            continue
        # What a damaged record says may be any version.
        installed = "" if record.damage else record.version
        reasons += [f"{component.name}: {text}" for text in may_not_follow(component, installed)]
        if record.digest != item.digest:
            for new, live in _definitions(client, item.objects):
                reasons += [f"{component.name}: {text}" for text in _lost(new, live, used)]
                warnings += [f"{component.name}: {text}" for text in _noticed(client, new, live)]
    return Examined(tuple(reasons), tuple(warnings))


def may_not_follow(component: Component, installed: str) -> Iterator[str]:
    """Why a version may not follow the installed one, by the component's own declaration; nothing when it may."""
    allowed = component.upgrade_from
    if not allowed or installed in ("", component.version) or any(_begins(installed, known) for known in allowed):
        return
    reason = f": {component.upgrade_reason}" if component.upgrade_reason else ""
    yield f"version {component.version} follows {', '.join(allowed)}, not {installed}{reason}"


def _begins(version: str, known: str) -> bool:
    return version == known or version.startswith(f"{known}.")


def lost_versions(new: Obj, live: Obj) -> list[str]:
    """Versions in which a CRD's objects are stored and which the new definition does not have.

    Source: CustomResourceDefinition.status.storedVersions.
    """
    have = {version["name"] for version in new["spec"]["versions"]}
    return [version for version in (live.get("status") or {}).get("storedVersions") or [] if version not in have]


def unserved_versions(new: Obj, live: Obj) -> list[str]:
    """Versions that can be asked for now and could not be any more.

    Source: CustomResourceDefinition.spec.versions[].served.
    """
    served = {version["name"] for version in new["spec"]["versions"] if version.get("served")}
    return [v["name"] for v in live["spec"]["versions"] if v.get("served") and v["name"] not in served]


def _definitions(client: Client, objects: Iterable[Obj]) -> Iterator[tuple[Obj, Obj]]:
    """(as it would be, as it is) of each CRD that there is."""
    for obj in objects:
        if obj.get("kind") == "CustomResourceDefinition":
            live = client.get(API, obj["kind"], obj["metadata"]["name"])
            if live:
                yield obj, live


def _lost(new: Obj, live: Obj, used: Mapping[tuple[str, str], str]) -> Iterator[str]:
    ref, spec = ref_of(new), new["spec"]
    if lost := lost_versions(new, live):
        yield (
            f"{ref}: objects are stored as {', '.join(lost)}, which the new definition does not have; write them all "
            "in a version that stays, then take the old one out of status.storedVersions"
        )
    for version in unserved_versions(new, live):
        if user := used.get((f"{spec['group']}/{version}", spec["names"]["kind"])):
            yield f"{ref}: {user} is written in {version}, which the new definition does not serve"


def _noticed(client: Client, new: Obj, live: Obj) -> Iterator[str]:
    """Who else writes objects in a version that will not be served any more: their next write will be refused."""
    spec = live["spec"]
    gone = {f"{spec['group']}/{version}": version for version in unserved_versions(new, live)}
    writers: dict[str, set[str]] = {}
    for ref in instances(client, live) if gone else ():
        current = client.get(ref.api_version, ref.kind, ref.name, ref.namespace) or {}
        for entry in (current.get("metadata") or {}).get("managedFields") or []:
            manager, version = str(entry.get("manager", "")), gone.get(entry.get("apiVersion", ""))
            if version and not manager.startswith("slipway"):
                writers.setdefault(version, set()).add(f"{manager} ({ref})")
    for version, names in writers.items():
        text = ", ".join(sorted(names)[:MOST]) + (f" and {len(names) - MOST} more" if len(names) > MOST else "")
        yield f"{ref_of(live)}: {version} will not be served any more, and is what these write: {text}"
