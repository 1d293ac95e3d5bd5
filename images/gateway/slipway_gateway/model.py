"""The values that the gateway's parts hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: A piece of JSON: a Kubernetes object, a Mapping's spec, an Envoy message.
Json = dict[str, Any]


class Faulty(Exception):
    """What cannot be served; the message is the reason that its status shows."""


@dataclass(frozen=True, order=True)
class Source:
    """Where it stands: an object (document 0), or the nth document of a Service's annotation."""

    kind: str
    namespace: str
    name: str
    document: int = 0

    def __str__(self) -> str:
        place = f"{self.kind} {self.namespace}/{self.name}"
        return f"{place}, document {self.document} of its annotation" if self.document else place


@dataclass(frozen=True)
class Document:
    """A Mapping, or an object of another kind of the API, as it was written: ``namespace`` is where short service
    names are looked up."""

    source: Source
    name: str
    namespace: str
    spec: Json
    generation: int = 0
    labels: Json = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What it is: in an annotation only a Mapping can stand."""
        return "Mapping" if self.source.kind == "Service" else self.source.kind


@dataclass(frozen=True)
class Target:
    """An upstream: ``host`` as DNS knows it; ``service`` its (namespace, name) when it can be a Service."""

    host: str
    port: int
    tls: bool = False
    service: tuple[str, str] | None = None


@dataclass(frozen=True)
class Upstream:
    """How requests reach a target. ``options`` and ``dns`` are Envoy JSON: the Cluster without its name, type and
    endpoints, and what it also has where DNS is asked for the target. ``tag`` keeps clusters apart."""

    options: Json = field(default_factory=dict)
    dns: Json = field(default_factory=dict)
    tag: str = ""


@dataclass(frozen=True)
class Route:
    """A Mapping that was read without a fault. ``match``, ``action`` and ``extra`` are Envoy JSON: a RouteMatch without
    its fraction, a RouteAction without its cluster, the Route's other fields. With ``redirect`` there is no action."""

    source: Source
    name: str
    group: tuple[Any, ...]
    rank: tuple[Any, ...]
    match: Json
    target: Target
    action: Json = field(default_factory=dict)
    redirect: Json | None = None
    extra: Json = field(default_factory=dict)
    upstream: Upstream = field(default_factory=Upstream)
    weight: int | None = None
    shadow: bool = False
    bypass: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What an object's status says. ``state`` is Running or Inactive (upstream's MappingStatus)."""

    state: str
    reason: str = ""


RUNNING = "Running"
INACTIVE = "Inactive"
