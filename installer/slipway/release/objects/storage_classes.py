"""The cluster's StorageClasses, as readiness predicates want them."""

from __future__ import annotations

from slipway.errors import SlipwayError
from slipway.kube import ApiError, Client, Obj
from slipway.readiness import StorageClasses


def storage_classes(client: Client) -> StorageClasses:
    """The StorageClasses as predicates want them; nothing when they cannot be read."""
    try:
        classes = client.objects("storage.k8s.io/v1", "StorageClass")
    except (ApiError, SlipwayError):
        return StorageClasses()
    default = [c for c in classes if _is_default(c)]
    return StorageClasses(
        {c["metadata"]["name"]: c.get("volumeBindingMode", "Immediate") for c in classes},
        default[0]["metadata"]["name"] if default else "",
    )


def _is_default(storage_class: Obj) -> bool:
    annotations = storage_class["metadata"].get("annotations") or {}
    return bool(annotations.get("storageclass.kubernetes.io/is-default-class") == "true")
