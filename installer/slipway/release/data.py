"""What ``uninstall --delete-data`` deletes for good: claims, their volumes, and namespaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slipway.kube import Client, Obj, Ref
from slipway.release import inventory
from slipway.release.removal import DATA_KINDS, Removal, check, choose


def doomed(client: Client, names: Iterable[str], project: str) -> list[str]:
    """One line for each claim, volume and namespace that goes with these components (default: all), sorted by kind.

    Raises BadInput for names that cannot be removed.
    """
    records = inventory.load_records(client)
    wanted = check(records, names)
    removal = with_claims(client, choose(records, wanted, project, delete_data=True)) if wanted else Removal((), ())
    volumes = {volume["metadata"]["name"]: volume for volume in client.objects("v1", "PersistentVolume")}
    going = {ref for ref in removal.refs if ref.kind in DATA_KINDS or ref.kind == "Namespace"}
    going |= set(volumes_that_follow(client, removal.refs))
    return [line for ref in sorted(going, key=lambda ref: (ref.kind, ref)) for line in _lines(client, ref, volumes)]


def _lines(client: Client, ref: Ref, volumes: dict[str, Obj]) -> Iterator[str]:
    if ref.kind == "PersistentVolumeClaim":
        claim = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
        if claim:
            spec = claim["spec"]
            size = ((spec.get("resources") or {}).get("requests") or {}).get("storage", "unknown size")
            volume = volumes.get(spec.get("volumeName", ""))
            kept = volume is not None and volume["spec"].get("persistentVolumeReclaimPolicy") != "Delete"
            stays = f"; its volume {spec['volumeName']} keeps the files (Retain)" if kept else ""
            yield f"{ref}: {size}{stays}"
    elif ref.kind == "PersistentVolume":
        if ref.name in volumes:
            yield f"{ref}: {volumes[ref.name]['spec'].get('capacity', {}).get('storage', 'unknown size')}"
    elif client.get(ref.api_version, ref.kind, ref.name):
        yield f"{ref}, with everything in it"


def with_claims(client: Client, removal: Removal) -> Removal:
    """Claims in the namespaces that go: they would go with them; deleted before, their volumes are waited for."""
    going = {ref.name for ref in removal.refs if ref.kind == "Namespace"}
    found = [claim["metadata"] for claim in client.objects("v1", "PersistentVolumeClaim")]
    claims = {Ref("v1", "PersistentVolumeClaim", m["namespace"], m["name"]) for m in found if m["namespace"] in going}
    return Removal(tuple(sorted({*removal.refs, *claims})), removal.kept)


def volumes_that_follow(client: Client, refs: Iterable[Ref]) -> list[Ref]:
    """The volumes that their provisioner removes when these claims are gone."""
    claims = {(ref.namespace, ref.name) for ref in refs if ref.kind == "PersistentVolumeClaim"}
    if not claims:
        return []
    return [
        Ref("v1", "PersistentVolume", "", volume["metadata"]["name"])
        for volume in client.objects("v1", "PersistentVolume")
        if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete" and _claim_of(volume) in claims
    ]


def _claim_of(volume: Obj) -> tuple[str, str]:
    claim = volume["spec"].get("claimRef") or {}
    return claim.get("namespace", ""), claim.get("name", "")
