"""Names for objects as values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

#: A Kubernetes object as parsed from YAML or JSON.
Obj = dict[str, Any]


@dataclass(frozen=True, order=True)
class Ref:
    """Which object: apiVersion, kind, namespace ("" for cluster-scoped) and name."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def group(self) -> str:
        """The API group, "" for the core group."""
        return self.api_version.rpartition("/")[0]

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"


def ref_of(obj: Obj) -> Ref:
    """The Ref of an object; missing parts become ""."""
    meta = obj.get("metadata") or {}
    return Ref(obj.get("apiVersion", ""), obj.get("kind", ""), meta.get("namespace") or "", meta.get("name") or "")


def identity(ref: Ref) -> tuple[str, str, str, str]:
    """What makes an object the same in every version of its API."""
    return (ref.group, ref.kind, ref.namespace, ref.name)


def is_named(texts: Collection[str], ref: Ref) -> bool:
    """Whether one of the texts, KIND/NAME or KIND/NAMESPACE/NAME, means the object."""
    for text in texts:
        kind, *rest = text.split("/")
        if kind.lower() == ref.kind.lower() and rest in ([ref.name], [ref.namespace, ref.name]):
            return True
    return False
