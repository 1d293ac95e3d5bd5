"""What must hold before a version follows another: nothing stored may become unreadable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from slipway.catalog import Component
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.release.inventory import Record
from slipway.render import Rendered

API = "apiextensions.k8s.io/v1"


def refuse(client: Client, rendered: Iterable[Rendered], records: Mapping[str, Record]) -> None:
    """Raise SlipwayError, before anything is changed, naming all that would lose data."""
    reasons: list[str] = []
    for item in rendered:
        component, record = item.component, records.get(item.component.name)
        if record is None:
            continue
        reasons += [f"{component.name}: {text}" for text in may_not_follow(component, record.version)]
        if record.digest != item.digest:
            reasons += [f"{component.name}: {text}" for text in _stored(client, item.objects)]
    if reasons:
        raise SlipwayError(
            "these versions cannot follow the installed ones; nothing was changed",
            remedy="choose versions between them (slipway upgrade --to), or migrate the stored objects first",
            details=tuple(reasons),
        )


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


def _stored(client: Client, objects: Iterable[Obj]) -> Iterator[str]:
    for obj in objects:
        if obj.get("kind") != "CustomResourceDefinition":
            continue
        ref = Ref(API, obj["kind"], "", obj["metadata"]["name"])
        live = client.get(ref.api_version, ref.kind, ref.name)
        lost = lost_versions(obj, live) if live else []
        if lost:
            yield f"{ref}: objects are stored as {', '.join(lost)}, which the new definition does not have"
