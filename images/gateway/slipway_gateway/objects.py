"""What the gateway keeps of the API objects that it watches."""

from __future__ import annotations

from dataclasses import dataclass, field

from slipway_gateway import annotated
from slipway_gateway.cluster_state import ServiceInfo, service_info
from slipway_gateway.model import Document, Json, Source
from slipway_gateway.parse import ambassador_ids

MAPPINGS_API = "getambassador.io/v3alpha1"
#: The API's kinds beside Mapping.
OTHER_KINDS = (
    "AuthService", "ConsulResolver", "DevPortal", "Host", "KubernetesEndpointResolver", "KubernetesServiceResolver",
    "Listener", "LogService", "Module", "RateLimitService", "TCPMapping", "TLSContext", "TracingService",
)  # fmt: skip
MAPPINGS_PATH = f"/apis/{MAPPINGS_API}/mappings"
SERVICES_PATH = "/api/v1/services"
SLICES_PATH = "/apis/discovery.k8s.io/v1/endpointslices"


def plural(kind: str) -> str:
    """The kind's name in a path."""
    return f"{kind.lower()}s"


def listing_path(kind: str) -> str:
    """Where all objects of a kind of the API are."""
    return f"/apis/{MAPPINGS_API}/{plural(kind)}"


@dataclass(frozen=True)
class Declared:
    """An object of getambassador.io. Its status is no part of its identity: writing it must not wake the compiler."""

    document: Document
    uid: str = field(default="", compare=False)
    status: Json = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class ServiceObject:
    """A Service with the Mappings of its annotation, and the documents that are none."""

    info: ServiceInfo
    documents: tuple[Document, ...] = ()
    refused: tuple[tuple[Source, str], ...] = ()
    uid: str = field(default="", compare=False)


def declared(kind: str, obj: Json, ambassador_id: str = "default") -> Declared | None:
    """None when the object is for another gateway."""
    meta, spec = obj["metadata"], obj.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    if ambassador_id not in ambassador_ids(spec):
        return None
    source = Source(kind, meta["namespace"], meta["name"])
    labels = meta.get("labels") or {}
    document = Document(source, meta["name"], meta["namespace"], spec, int(meta.get("generation") or 0), labels)
    return Declared(document, meta.get("uid", ""), obj.get("status") or {})


def service_object(obj: Json, ambassador_id: str = "default") -> ServiceObject:
    """Every Service is of interest: Mappings may name it."""
    documents, refused = annotated.read(obj)
    mine = tuple(document for document in documents if ambassador_id in ambassador_ids(document.spec))
    return ServiceObject(service_info(obj), mine, tuple(sorted(refused.items())), obj["metadata"].get("uid", ""))
