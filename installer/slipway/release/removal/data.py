"""What ``uninstall --delete-data`` deletes for good: claims, their volumes, and namespaces."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from slipway.kube import Client, Obj, Ref, ref_of
from slipway.release.ownership.owners import of_others
from slipway.release.removal.retained import Retained
from slipway.release.removal.selection import DATA_KINDS, Removal


def lines(client: Client, refs: Iterable[Ref], left: Collection[Retained]) -> list[str]:
    """One line for each claim, volume and namespace among what goes, sorted by kind.

    ``left`` is what goes of what earlier uninstallations kept.
    """
    everything = with_claims(client, Removal(tuple({*refs, *(item.ref for item in left)}), ())).refs
    volumes = {volume["metadata"]["name"]: volume for volume in client.objects("v1", "PersistentVolume")}
    going = {ref for ref in everything if ref.kind in DATA_KINDS or ref.kind == "Namespace"}
    going |= set(volumes_that_follow(client, everything))
    since = {item.ref: f" (kept since {item.since})" for item in left}
    return [
        f"{line}{since.get(ref, '')}"
        for ref in sorted(going, key=lambda ref: (ref.kind, ref))
        for line in _lines(client, ref, volumes)
    ]


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
    """Claims in the namespaces that go: they would go with them; deleted before, their volumes are waited for.

    Of namespaces that stay for what others have in them those go that are not of others.
    """
    going, shared = ({ref.name for ref in refs if ref.kind == "Namespace"} for refs in (removal.refs, removal.shared))
    all_claims = client.objects("v1", "PersistentVolumeClaim")
    claims = {ref_of(claim) for claim in all_claims if claim["metadata"]["namespace"] in going}
    claims |= {
        ref_of(claim) for claim in all_claims if claim["metadata"]["namespace"] in shared and not of_others(claim)
    }
    return replace(removal, refs=tuple(sorted({*removal.refs, *claims})))


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


PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
CLASS_API = "storage.k8s.io/v1"


def provisioners_of(client: Client, refs: Iterable[Ref]) -> set[str]:
    """The provisioners of the StorageClasses among these objects."""
    classes = [client.get(ref.api_version, ref.kind, ref.name) for ref in refs if ref.kind == "StorageClass"]
    return {storage_class["provisioner"] for storage_class in classes if storage_class}


def abandon(client: Client, volumes: Iterable[Ref], gone: Collection[str]) -> list[str]:
    """Delete those volumes whose provisioner Slipway has taken away; one line for each, telling where its files are.

    Nobody else would: what a provisioner made, only it removes.
    """
    present = {storage_class["provisioner"] for storage_class in client.objects(CLASS_API, "StorageClass")}
    sentences = []
    for ref in volumes:
        volume = client.get(ref.api_version, ref.kind, ref.name)
        maker = ((volume or {}).get("metadata", {}).get("annotations") or {}).get(PROVISIONED_BY, "")
        if volume is None or maker not in gone or maker in present:
            continue
        sentences.append(f"{ref}: its provisioner {maker} is not installed any more; its files stay: {_place(volume)}")
        own = [name for name in volume["metadata"].get("finalizers") or [] if name.startswith("kubernetes.io/")]
        client.patch(ref, {"metadata": {"finalizers": own}})
        client.delete(ref)
    return sentences


def _place(volume: Obj) -> str:
    """Where a volume's files are, as far as it says so."""
    spec = volume["spec"]
    for kind in ("hostPath", "local"):
        if kind in spec:
            terms = ((spec.get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms") or []
            nodes = [n for term in terms for e in term.get("matchExpressions") or [] for n in e.get("values") or []]
            return f"{spec[kind]['path']} on {', '.join(nodes) or 'a node'}"
    if "nfs" in spec:
        return f"{spec['nfs']['server']}:{spec['nfs']['path']}"
    return str((spec.get("csi") or {}).get("volumeHandle", "in its storage"))
