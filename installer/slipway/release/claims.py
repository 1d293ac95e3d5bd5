"""Why a claim cannot get the size that is wanted, from what it and its class say."""

from __future__ import annotations

from slipway.errors import SlipwayError
from slipway.kube import Client, Obj

_SUFFIXES = {
    "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip


def quantity(text: str) -> float:
    """The number that a quantity such as ``10Gi`` stands for. Raises ValueError."""
    suffix = next((s for s in sorted(_SUFFIXES, key=len, reverse=True) if text.endswith(s)), "")
    return float(text.removesuffix(suffix)) * _SUFFIXES.get(suffix, 1)


def growth(client: Client, wanted: Obj, live: Obj) -> tuple[str, str] | None:
    """(reason, remedy) for a claim whose size alone differs from the live one's; None where it is as it was."""
    here, there = _size(wanted), _size(live)
    try:
        if not here or not there or quantity(here) == quantity(there):
            return None
        smaller = quantity(here) < quantity(there)
    except ValueError:
        return None
    if smaller:
        return f"a claim cannot shrink: {there} there, {here} wanted", f"ask for {there} or more"
    change = f"{there} there, {here} wanted"
    if (live.get("status") or {}).get("phase") != "Bound":
        return f"a claim that is not bound cannot grow: {change}", "wait until it is bound"
    name = (live.get("spec") or {}).get("storageClassName", "")
    try:
        found = client.get("storage.k8s.io/v1", "StorageClass", name) if name else None
    except SlipwayError:
        return None
    if found is None:
        why = f"its StorageClass {name} does not exist" if name else "it has no StorageClass"
        return f"a claim cannot grow where {why}: {change}", "enlarge the volume by hand, and leave the claim as it is"
    if not found.get("allowVolumeExpansion"):
        return (
            f"StorageClass {name} does not let claims grow: {change}",
            f"where its driver can: kubectl patch storageclass {name} -p '{{\"allowVolumeExpansion\":true}}'",
        )
    return None


def _size(claim: Obj) -> str:
    requests = ((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}
    return str(requests.get("storage", ""))
