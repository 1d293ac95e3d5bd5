"""Why a claim cannot get the size that is wanted, from what it and its class say."""

from __future__ import annotations

from slipway.errors import SlipwayError
from slipway.kube import Client, Obj
from slipway.kube.quantity import amount


def growth(client: Client, wanted: Obj, live: Obj) -> tuple[str, str] | None:
    """(reason, remedy) for a claim whose size alone differs from the live one's; None where it is as it was."""
    here, there = _size(wanted), _size(live)
    try:
        if not here or not there or amount(here) == amount(there):
            return None
        smaller = amount(here) < amount(there)
    except ValueError:
        return None
    if smaller:
        return f"a claim cannot shrink: {there} there, {here} wanted", f"ask for {there} or more"
    change = f"{there} there, {here} wanted"
    if (live.get("status") or {}).get("phase") != "Bound":
        return f"a claim that is not bound cannot grow: {change}", "wait until it is bound"
    name = (live.get("spec") or {}).get("storageClassName", "")
    try:
        storage_class = client.get("storage.k8s.io/v1", "StorageClass", name) if name else None
    except SlipwayError:
        return None
    if storage_class is None:
        why = f"its StorageClass {name} does not exist" if name else "it has no StorageClass"
        return f"a claim cannot grow where {why}: {change}", "enlarge the volume by hand, and leave the claim as it is"
    if not storage_class.get("allowVolumeExpansion"):
        return (
            f"StorageClass {name} does not let claims grow: {change}",
            f"where its driver can: kubectl patch storageclass {name} -p '{{\"allowVolumeExpansion\":true}}'",
        )
    return None


def _size(claim: Obj) -> str:
    requests = ((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}
    return str(requests.get("storage", ""))
