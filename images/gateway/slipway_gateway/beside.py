"""What the objects beside Mappings say about all of them, and which of those objects are in force."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from slipway_gateway.model import INACTIVE, RUNNING, Document, Source, Verdict

#: Resolvers that are there without an object; "" is the default one.
_RESOLVERS = ("", "kubernetes-service", "kubernetes-endpoint", "endpoint")
#: Kinds of which every object is refused, with the reason.
NOT_SERVED = {
    "AuthService": "the compact edition asks no service for authorization",
    "ConsulResolver": "the compact edition does not ask Consul",
    "DevPortal": "the compact edition has no developer portal",
    "Host": "the compact edition listens for every host, with TLS as its settings say",
    "Listener": "the compact edition listens where its settings say",
    "LogService": "the compact edition sends no access log anywhere",
    "Module": "the compact edition has no settings in Modules",
    "RateLimitService": "the compact edition has no rate limits",
    "TCPMapping": "the compact edition routes HTTP only",
    "TLSContext": "the compact edition has no TLSContexts",
    "TracingService": "the compact edition sends no spans anywhere",
}


@dataclass(frozen=True)
class Beside:
    """``closed`` says why no Mapping is served that asks for authorization; "" when nothing speaks against it.
    ``resolvers`` are the known ones, each with the reason why it cannot be used, "" for none."""

    closed: str = ""
    resolvers: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(_RESOLVERS, ""))
    verdicts: Mapping[Source, Verdict] = field(default_factory=dict)


def read(documents: Collection[Document]) -> Beside:
    """Never raises: an object that cannot be in force has a verdict that says so."""
    verdicts = {document.source: _verdict(document) for document in documents}
    closed = [source for source, verdict in verdicts.items() if source.kind == "AuthService" and verdict.reason]
    resolvers = dict.fromkeys(_RESOLVERS, "")
    for source, verdict in verdicts.items():
        if source.kind.endswith("Resolver"):
            resolvers[source.name] = f"{source} is not in force: {verdict.reason}" if verdict.reason else ""
    return Beside(
        # Fail closed: without the one who decides, nobody is let in.
        f"{min(closed)} is not in force: {verdicts[min(closed)].reason}" if closed else "",
        resolvers,
        verdicts,
    )


def _verdict(document: Document) -> Verdict:
    reason = NOT_SERVED.get(document.kind, "")
    return Verdict(INACTIVE if reason else RUNNING, reason)
