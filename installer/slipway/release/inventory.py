"""What is installed, kept in the cluster: one ConfigMap per component, and one for the release."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Any, Literal

from slipway import __version__
from slipway.catalog import Started
from slipway.kube import ApiError, Client, Obj, Ref
from slipway.render.labels import MANAGED_BY

NAMESPACE = "slipway-system"
RECORD = "slipway.dev/inventory"
RELEASE = "release"

State = Literal["installing", "ready", "failed"]


@dataclass(frozen=True)
class Record:
    """One installed component. ``objects`` are all that may exist of it, ``secrets`` those generated for it."""

    component: str
    version: str
    edition: str
    state: State
    digest: str
    overlay: str = ""
    requires: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    objects: tuple[Ref, ...] = ()
    secrets: tuple[Ref, ...] = ()
    starts: tuple[Started, ...] = ()
    changed: str = ""
    seconds: float = 0.0
    message: str = ""

    @property
    def all(self) -> set[Ref]:
        """Objects and generated secrets."""
        return {*self.objects, *self.secrets}


@dataclass(frozen=True)
class Release:
    """The installation as a whole. ``smoke`` is the revision whose smoke test passed, 0 for none; ``cluster`` the UID
    of the cluster's kube-system, "" where an earlier version wrote it."""

    revision: int = 0
    overlay: str = ""
    project: str = ""
    version: str = ""
    changed: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    smoke: int = 0
    smoke_time: str = ""
    cluster: str = ""


def now() -> str:
    """The time in UTC, RFC 3339."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def namespace_object() -> Obj:
    """The namespace that holds the inventory."""
    labels = {MANAGED_BY: "slipway", "app.kubernetes.io/part-of": "slipway"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}


def record_object(record: Record) -> Obj:
    """The ConfigMap of a record."""
    data = {
        "component": record.component,
        "version": record.version,
        "edition": record.edition,
        "state": record.state,
        "digest": record.digest,
        "overlay": record.overlay,
        "changed": record.changed,
        "seconds": f"{record.seconds:.1f}",
        "message": record.message,
        "requires": json.dumps(list(record.requires)),
        "settings": json.dumps(dict(record.settings), sort_keys=True),
        "objects": _refs_text(record.objects),
        "secrets": _refs_text(record.secrets),
        "starts": json.dumps([astuple(item) for item in record.starts]),
    }
    return _config_map(f"component-{record.component}", "component", data)


def record_of(obj: Obj) -> Record:
    """The record in a ConfigMap; unknown or damaged parts become empty, so that an install can repair it."""
    data: Mapping[str, str] = obj.get("data") or {}
    state = data.get("state", "failed")
    return Record(
        component=data.get("component", obj["metadata"]["name"].removeprefix("component-")),
        version=data.get("version", ""),
        edition=data.get("edition", ""),
        state=state if state in ("installing", "ready", "failed") else "failed",  # type: ignore[arg-type]
        digest=data.get("digest", ""),
        overlay=data.get("overlay", ""),
        requires=tuple(_json(data.get("requires", ""), [])),
        settings=_json(data.get("settings", ""), {}),
        objects=tuple(Ref(*parts) for parts in _json(data.get("objects", ""), [])),
        secrets=tuple(Ref(*parts) for parts in _json(data.get("secrets", ""), [])),
        starts=tuple(Started(*parts) for parts in _json(data.get("starts", ""), [])),
        changed=data.get("changed", ""),
        seconds=float(data.get("seconds") or 0),
        message=data.get("message", ""),
    )


def release_object(release: Release) -> Obj:
    """The ConfigMap of the release."""
    data = {
        "revision": str(release.revision),
        "overlay": release.overlay,
        "project": release.project,
        "version": release.version,
        "changed": release.changed,
        "components": json.dumps(dict(release.components), sort_keys=True),
        "smoke": str(release.smoke),
        "smokeTime": release.smoke_time,
        "cluster": release.cluster,
    }
    return _config_map(RELEASE, "release", data)


def release_of(obj: Obj | None) -> Release:
    """The release in a ConfigMap; a blank one without."""
    data: Mapping[str, str] = (obj or {}).get("data") or {}
    return Release(
        revision=int(data.get("revision") or 0),
        overlay=data.get("overlay", ""),
        project=data.get("project", ""),
        version=data.get("version", ""),
        changed=data.get("changed", ""),
        components=_json(data.get("components", ""), {}),
        smoke=int(data.get("smoke") or 0),
        smoke_time=data.get("smokeTime", ""),
        cluster=data.get("cluster", ""),
    )


def load_release(client: Client) -> Release:
    """The release that the cluster knows."""
    return release_of(client.get("v1", "ConfigMap", RELEASE, NAMESPACE))


def cluster_uid(client: Client) -> str:
    """What tells this cluster from all others: the UID of kube-system; "" for who may not read it."""
    try:
        found = client.get("v1", "Namespace", "kube-system")
    except ApiError as error:
        if error.status == 403:
            return ""
        raise
    return str(found["metadata"]["uid"]) if found else ""


def load_records(client: Client) -> dict[str, Record]:
    """All records, by component."""
    found = client.objects("v1", "ConfigMap", NAMESPACE, labels=f"{RECORD}=component")
    return {record.component: record for record in map(record_of, found)}


def save(client: Client, record: Record) -> None:
    """Write a record."""
    client.apply(record_object(replace(record, changed=now())))


def save_release(client: Client, release: Release) -> None:
    """Write the release."""
    client.apply(release_object(replace(release, version=__version__, changed=now())))


def ref_for(component: str) -> Ref:
    """Where the record of a component is."""
    return Ref("v1", "ConfigMap", NAMESPACE, f"component-{component}")


def remove(client: Client, component: str) -> None:
    """Forget a component."""
    client.delete(ref_for(component))


def _refs_text(refs: Iterable[Ref]) -> str:
    return json.dumps([[r.api_version, r.kind, r.namespace, r.name] for r in sorted(set(refs))], separators=(",", ":"))


def _json(text: str, default: Any) -> Any:
    try:
        return json.loads(text) if text else default
    except ValueError:
        return default


def _config_map(name: str, kind: str, data: Mapping[str, str]) -> Obj:
    labels = {MANAGED_BY: "slipway", RECORD: kind}
    meta = {"name": name, "namespace": NAMESPACE, "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": dict(data)}
