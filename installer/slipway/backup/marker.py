"""How far a restoration came, in the cluster: one that was interrupted is gone on with, and only by the same backup."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.kube import Client, Ref
from slipway.release.state.namespace import NAMESPACE

REF = Ref("v1", "ConfigMap", NAMESPACE, "restoration")


@dataclass(frozen=True)
class Marker:
    """``backup`` is the digest of the backup's seal; ``objects``: whether all objects are there."""

    backup: str
    objects: bool = False


def read(client: Client) -> Marker | None:
    """The restoration that was begun and has not ended."""
    marker = client.get(REF.api_version, REF.kind, REF.name, REF.namespace)
    data = (marker or {}).get("data") or {}
    return Marker(str(data.get("backup", "")), data.get("objects") == "true") if marker else None


def write(client: Client, marker: Marker) -> None:
    """Before anything of it is done, and when the objects are there."""
    data = {"backup": marker.backup, "objects": str(marker.objects).lower()}
    meta = {"name": REF.name, "namespace": REF.namespace}
    client.apply({"apiVersion": REF.api_version, "kind": REF.kind, "metadata": meta, "data": data})


def remove(client: Client) -> None:
    """It has ended."""
    client.delete(REF)
