"""What the objects beside Mappings say about all of them, and which of those objects are in force."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from slipway_gateway import authorization as authorizations
from slipway_gateway.authorization import Authorization
from slipway_gateway.model import INACTIVE, RUNNING, Document, Faulty, Source, Verdict

log = logging.getLogger("gateway.beside")

#: Resolvers that are there without an object; "" is the default one.
_RESOLVERS = ("", "kubernetes-service", "kubernetes-endpoint", "endpoint")
#: Kinds of which every object is refused, with the reason.
NOT_SERVED = {
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
    authorization: Authorization | None = None
    resolvers: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(_RESOLVERS, ""))
    verdicts: Mapping[Source, Verdict] = field(default_factory=dict)


def read(documents: Collection[Document], refused: Mapping[Source, str]) -> Beside:
    """Never raises: an object that cannot be in force has a verdict that says so. ``refused`` are those that Envoy
    does not take, with the reason."""
    found = {
        document.source: refused.get(document.source) or NOT_SERVED.get(document.kind, "") for document in documents
    }
    authorization, closed = _authorization(documents, found)
    resolvers = dict.fromkeys(_RESOLVERS, "")
    for source, reason in found.items():
        if source.kind.endswith("Resolver"):
            resolvers[source.name] = f"{source} is not in force: {reason}" if reason else ""
    verdicts = {source: Verdict(INACTIVE if reason else RUNNING, reason) for source, reason in found.items()}
    return Beside(closed, authorization, resolvers, verdicts)


def _authorization(documents: Collection[Document], found: dict[Source, str]) -> tuple[Authorization | None, str]:
    """Who is asked, or why nobody can be; reasons are noted in ``found``. Fail closed: without the one who decides,
    nobody is let in."""
    given = sorted((item for item in documents if item.kind == "AuthService"), key=lambda item: item.source)
    if not given:
        return None, ""
    first = given[0].source
    for other in given[1:]:
        found[other.source] = f"{first} decides already; one AuthService is asked"
    try:
        authorization = authorizations.read(given[0])
    except Faulty as fault:
        found[first] = str(fault)
    except Exception as error:
        log.exception("%s", first)
        found[first] = f"the gateway failed to read it: {error!r}"[:500]
    if found[first]:
        return None, f"{first} is not in force: {found[first]}"
    return authorization, ""
