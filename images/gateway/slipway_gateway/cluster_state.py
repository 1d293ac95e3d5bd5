"""What the gateway knows of the cluster's Services: their ports and the addresses of their ready endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from slipway_gateway.model import Json
from slipway_gateway.secrets import Secret

Key = tuple[str, str]


@dataclass(frozen=True)
class ServiceInfo:
    """``ports`` maps a Service's port to its name; ``external`` is the name of an ExternalName Service."""

    ports: Mapping[int, str]
    external: str = ""


@dataclass(frozen=True)
class SliceInfo:
    """One EndpointSlice: ports by name, and its (address, ready, serving) endpoints."""

    service: Key
    ports: Mapping[str, int]
    endpoints: tuple[tuple[str, bool, bool], ...]
    ipv6: bool = False


@dataclass(frozen=True)
class Cluster:
    """Services, EndpointSlices and the Secrets that somebody named, by (namespace, name)."""

    services: Mapping[Key, ServiceInfo] = field(default_factory=dict)
    slices: Mapping[Key, SliceInfo] = field(default_factory=dict)
    secrets: Mapping[Key, Secret] = field(default_factory=dict)

    def addresses(self, key: Key, port: int) -> list[tuple[str, int]]:
        """Where requests to a Service's port go: ready endpoints; without one, those that still serve while they end
        (as kube-proxy does it). IPv6 only where there is nothing else. Sorted."""
        info = self.services.get(key)
        if info is None or port not in info.ports:
            return []
        name = info.ports[port]
        found = [item for item in self.slices.values() if item.service == key and name in item.ports]
        for ipv6 in (False, True):
            chosen = [item for item in found if item.ipv6 == ipv6]
            for condition in (1, 2):
                hosts = {(end[0], item.ports[name]) for item in chosen for end in item.endpoints if end[condition]}
                if hosts:
                    return sorted(hosts)
        return []


def service_info(obj: Json) -> ServiceInfo:
    """What counts of a Service object."""
    spec = obj.get("spec") or {}
    ports = {
        port["port"]: port.get("name") or "" for port in spec.get("ports") or [] if port.get("protocol", "TCP") == "TCP"
    }
    return ServiceInfo(ports, spec.get("externalName", "") if spec.get("type") == "ExternalName" else "")


def slice_info(obj: Json) -> SliceInfo | None:
    """What counts of an EndpointSlice; None for one that belongs to no Service or has names for addresses."""
    meta = obj["metadata"]
    owner = (meta.get("labels") or {}).get("kubernetes.io/service-name")
    if not owner or obj.get("addressType") not in ("IPv4", "IPv6"):
        return None
    ports = {port.get("name") or "": port["port"] for port in obj.get("ports") or [] if port.get("port")}
    return SliceInfo((meta["namespace"], owner), ports, tuple(_endpoints(obj)), obj["addressType"] == "IPv6")


def _endpoints(obj: Json) -> Iterable[tuple[str, bool, bool]]:
    for endpoint in obj.get("endpoints") or []:
        conditions = endpoint.get("conditions") or {}
        # The API says: an unknown `ready` counts as true, an unknown `serving` as `ready`.
        ready = conditions.get("ready") is not False
        serving = conditions.get("serving")
        for address in endpoint.get("addresses") or []:
            yield address, ready, ready if serving is None else bool(serving)
