"""What is installed, kept in the cluster: one ConfigMap per component, and one for the release."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Literal, cast

from slipway import __version__
from slipway.catalog import Started
from slipway.kube import ApiError, Client, Obj, Ref
from slipway.release.state.namespace import NAMESPACE
from slipway.release.state.reading import Reader, checksum, name, ref, started
from slipway.render.labels import MANAGED_BY

RECORD = "slipway.dev/inventory"
RELEASE, PREFIX = "release", "component-"
#: Annotation: of a record's texts, so that no change of them goes unnoticed.
CHECKSUM = "slipway.dev/checksum"
REPAIR = "slipway install repairs it"

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
    #: What of it could not be read; nothing of it is written.
    damage: tuple[str, ...] = ()

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
    #: What of its record could not be read.
    damage: tuple[str, ...] = ()


def now() -> str:
    """The time in UTC, RFC 3339."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


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
    return _config_map(f"{PREFIX}{record.component}", "component", data, {CHECKSUM: checksum(data)})


def record_of(obj: Obj) -> Record:
    """The record in a ConfigMap. What is damaged becomes empty, and the record one that failed: an install repairs it.

    The component is the one of the ConfigMap's name. ``damage`` says what is wrong.
    """
    read, meta = Reader(obj.get("data")), obj["metadata"]
    component = meta["name"].removeprefix(PREFIX)
    record = Record(
        component=component,
        version=read.text("version", needed=True, like=r"[\w.+-]*"),
        edition=read.text("edition", needed=True, like=r"[\w.-]*"),
        state=cast(State, read.text("state", needed=True, like="installing|ready|failed") or "failed"),
        digest=read.text("digest", needed=True),
        overlay=read.text("overlay", like=r"[\w.-]*"),
        requires=tuple(other for other in read.each("requires", name, needed=True) if other != component),
        settings=read.texts("settings"),
        objects=read.each("objects", ref, needed=True),
        secrets=read.each("secrets", ref, needed=True),
        starts=read.each("starts", started),
        changed=read.text("changed"),
        seconds=read.number("seconds"),
        message=read.text("message"),
    )
    # Records of earlier versions have none.
    written = (meta.get("annotations") or {}).get(CHECKSUM)
    if not read.damage and written and written != checksum(obj["data"]):
        read.damage.append("it is not as it was written")
    if not read.damage:
        return record
    damage = tuple(read.damage)
    state: State = "installing" if record.state == "installing" else "failed"
    message = f"its record is damaged: {'; '.join(damage)}; {REPAIR}"
    return replace(record, state=state, digest="", message=message, damage=damage)


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
    """The release in a ConfigMap; a blank one without. What is damaged becomes empty; ``damage`` says what."""
    if obj is None:
        return Release()
    read = Reader(obj.get("data"))
    release = Release(
        revision=read.count("revision"),
        overlay=read.text("overlay", needed=True, like=r"[\w.-]*"),
        project=read.text("project", needed=True, like=r"[\w.-]*"),
        version=read.text("version"),
        changed=read.text("changed"),
        components=read.texts("components"),
        smoke=read.count("smoke"),
        smoke_time=read.text("smokeTime"),
        cluster=read.text("cluster", like=r"[\w-]*"),
    )
    if not release.revision and not read.damage:
        read.damage.append("revision is missing")
    return replace(release, damage=tuple(read.damage))


def load_release(client: Client) -> Release:
    """The release that the cluster knows."""
    return release_of(client.get("v1", "ConfigMap", RELEASE, NAMESPACE))


def cluster_uid(client: Client) -> str:
    """What tells this cluster from all others: the UID of kube-system; "" for who may not read it."""
    try:
        namespace = client.get("v1", "Namespace", "kube-system")
    except ApiError as error:
        if error.status == 403:
            return ""
        raise
    return str(namespace["metadata"]["uid"]) if namespace else ""


def load_records(client: Client) -> dict[str, Record]:
    """All records, by component; also those that have lost their labels. Damaged ones say what their objects are as far
    as the cluster itself shows it."""
    objects = [
        obj for obj in client.objects("v1", "ConfigMap", NAMESPACE) if obj["metadata"]["name"].startswith(PREFIX)
    ]
    records = {record.component: record for record in map(record_of, objects)}
    if not any(record.damage for record in records.values()):
        return records
    from slipway.release.state.reconstruction import reconstructed

    return reconstructed(client, records, NAMESPACE)


def damages(records: Mapping[str, Record], release: Release | None = None) -> list[str]:
    """A sentence for each record that is damaged, and for the release."""
    sentences = [f"{name}: {record.message}" for name, record in sorted(records.items()) if record.damage]
    if release and release.damage:
        sentences.append(f"the release's record is damaged: {'; '.join(release.damage)}; {REPAIR}")
    return sentences


def save(client: Client, record: Record) -> None:
    """Write a record."""
    client.apply(record_object(replace(record, changed=now())))


def save_release(client: Client, release: Release) -> None:
    """Write the release."""
    client.apply(release_object(replace(release, version=__version__, changed=now())))


def ref_for(component: str) -> Ref:
    """Where the record of a component is."""
    return Ref("v1", "ConfigMap", NAMESPACE, f"{PREFIX}{component}")


def remove(client: Client, component: str) -> None:
    """Forget a component."""
    client.delete(ref_for(component))


def _refs_text(refs: Iterable[Ref]) -> str:
    return json.dumps([[r.api_version, r.kind, r.namespace, r.name] for r in sorted(set(refs))], separators=(",", ":"))


def _config_map(called: str, kind: str, data: Mapping[str, str], notes: Mapping[str, str] | None = None) -> Obj:
    labels = {MANAGED_BY: "slipway", RECORD: kind}
    meta = {"name": called, "namespace": NAMESPACE, "labels": labels, **({"annotations": dict(notes)} if notes else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": dict(data)}
