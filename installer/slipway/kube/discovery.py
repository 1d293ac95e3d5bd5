"""From apiVersion and kind to the REST path, by the API server's aggregated discovery.

Source: KEP-3352, application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from slipway.kube.objects import Obj

#: Names and little else: a listing of definitions or Secrets would be megabytes.
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

ACCEPT = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)


@dataclass(frozen=True)
class Resource:
    """A served resource: its plural, whether it is namespaced, and its verbs."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: tuple[str, ...]

    def path(self, namespace: str = "", name: str = "") -> str:
        """The REST path of the collection, or of one object."""
        root = f"/api/{self.api_version}" if "/" not in self.api_version else f"/apis/{self.api_version}"
        parts = [root]
        if self.namespaced and namespace:
            parts += ["namespaces", _part(namespace)]
        parts.append(self.plural)
        if name:
            parts.append(_part(name))
        return "/".join(parts)


def _part(name: str) -> str:
    """A name within a path: one that is not valid is for the server to refuse, in its words."""
    return quote(name, safe=":@")


def resources(document: Obj) -> Iterator[Resource]:
    """The resources of one APIGroupDiscoveryList."""
    for group in document.get("items", []):
        name = (group.get("metadata") or {}).get("name", "")
        for version in group.get("versions", []):
            api_version = f"{name}/{version['version']}" if name else version["version"]
            for item in version.get("resources", []):
                yield Resource(
                    api_version=api_version,
                    kind=(item.get("responseKind") or {}).get("kind", ""),
                    plural=item["resource"],
                    namespaced=item.get("scope") == "Namespaced",
                    verbs=tuple(item.get("verbs", [])),
                )


def stale(document: Obj) -> Iterator[str]:
    """The API versions, ``group/version``, that an APIService serves which does not answer."""
    for group in document.get("items", []):
        name = (group.get("metadata") or {}).get("name", "")
        for version in group.get("versions", []):
            if version.get("freshness") == "Stale":
                yield f"{name}/{version['version']}"


def listable(served: Iterable[Resource]) -> list[Resource]:
    """Those that can be listed, each in one version of its API: the one that the server names first."""
    kinds: dict[tuple[str, str], Resource] = {}
    for item in served:
        if "list" in item.verbs and item.kind:
            kinds.setdefault((item.api_version.rpartition("/")[0], item.plural), item)
    return list(kinds.values())
