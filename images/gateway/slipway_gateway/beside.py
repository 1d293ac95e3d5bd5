"""What the objects beside Mappings say about all of them, and which of those objects are in force."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from slipway_gateway import authorization as authorizations
from slipway_gateway import contexts, limits, module, telemetry
from slipway_gateway.authorization import Authorization
from slipway_gateway.contexts import Contexts
from slipway_gateway.limits import Limiter
from slipway_gateway.model import INACTIVE, RUNNING, Document, Faulty, Json, Source, Verdict
from slipway_gateway.module import Settings
from slipway_gateway.secrets import Key, Secret
from slipway_gateway.telemetry import Told

T = TypeVar("T")
log = logging.getLogger("gateway.beside")

#: Resolvers that are there without an object; "" is the default one.
_RESOLVERS = ("", "kubernetes-service", "kubernetes-endpoint", "endpoint")
#: Kinds of which every object is refused, with the reason.
NOT_SERVED = {
    "ConsulResolver": "the compact edition does not ask Consul",
    "DevPortal": "the compact edition has no developer portal",
    "Host": "the compact edition listens for every host, with TLS as its settings say",
    "Listener": "the compact edition listens where its settings say",
    "TCPMapping": "the compact edition routes HTTP only",
}


@dataclass(frozen=True)
class Beside:
    """``closed`` says why no Mapping is served that asks for authorization; "" when nothing speaks against it.
    ``unlimited`` says why no Mapping with labels is served: who counts is to count or nobody comes in. ``settings`` are
    the Module's. ``resolvers`` are the known ones, each with the reason why it cannot be used, "" for none."""

    closed: str = ""
    authorization: Authorization | None = None
    limiter: Limiter | None = None
    unlimited: str = ""
    log: Told | None = None
    tracing: Told | None = None
    settings: Settings = field(default_factory=Settings)
    contexts: Contexts = field(default_factory=Contexts)
    resolvers: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(_RESOLVERS, ""))
    verdicts: Mapping[Source, Verdict] = field(default_factory=dict)

    def in_force(self, source: Source) -> bool:
        """Whether an object has its effect."""
        return self.verdicts[source].state == RUNNING


def read(documents: Collection[Document], refused: Mapping[Source, str], secrets: Mapping[Key, Secret]) -> Beside:
    """Never raises: an object that cannot be in force has a verdict that says so. ``refused`` are those that Envoy
    does not take, with the reason."""
    found = {
        document.source: refused.get(document.source) or NOT_SERVED.get(document.kind, "") for document in documents
    }
    one = _Reading(documents, found)
    known = one.contexts(secrets)
    settings = one.only("Module", module.read, name="ambassador")
    authorization = one.only("AuthService", lambda item: authorizations.read(item, known))
    settings = settings or Settings()
    limiter = one.only("RateLimitService", lambda item: limits.read(item, settings.domain, settings.labels, known))
    resolvers = dict.fromkeys(_RESOLVERS, "")
    for source, reason in found.items():
        if source.kind.endswith("Resolver"):
            resolvers[source.name] = f"{source} is not in force: {reason}" if reason else ""
    log_service = one.only("LogService", lambda item: telemetry.read_log(item, known))
    tracing = one.only("TracingService", lambda item: telemetry.read_tracing(item, known))
    verdicts = {source: Verdict(INACTIVE if reason else RUNNING, reason) for source, reason in found.items()}
    if settings.unknown:
        (source,) = (item for item in found if item.kind == "Module" and not found[item])
        verdicts[source] = Verdict(RUNNING, f"keys without an effect: {', '.join(settings.unknown)}")
    return Beside(
        closed=one.missing("AuthService") or one.missing("Module", "ip_allow", "ip_deny"),
        authorization=authorization,
        limiter=limiter,
        log=log_service,
        tracing=tracing,
        unlimited=one.missing("RateLimitService", "failure_mode_deny"),
        settings=settings,
        contexts=known,
        resolvers=resolvers,
        verdicts=verdicts,
    )


class _Reading:
    """Kinds of which one object is in force: the first by namespace and name. Reasons are noted in ``found``."""

    def __init__(self, documents: Collection[Document], found: dict[Source, str]) -> None:
        self._documents = sorted(documents, key=lambda item: item.source)
        self._found = found
        self._failed: dict[str, Document] = {}

    def only(self, kind: str, read: Callable[[Document], T], name: str = "") -> T | None:
        """What ``read`` makes of the first object; None without one, and for one that cannot be in force."""
        given = [item for item in self._documents if item.kind == kind]
        for other in [item for item in given if name and item.name != name]:
            self._found[other.source] = f"the compact edition knows no {kind} of this name, only {name}"
            given.remove(other)
        if not given:
            return None
        first = given[0]
        for other in given[1:]:
            self._found[other.source] = f"{first.source} is in force already, and one {kind} can be"
        value = self._try(first, read)
        if self._found[first.source]:
            self._failed[kind] = first
            return None
        return value

    def contexts(self, secrets: Mapping[Key, Secret]) -> Contexts:
        """All TLSContexts, those that are not in force with the reason."""
        known: dict[Key, Json | str] = {}
        for item in [item for item in self._documents if item.kind == "TLSContext"]:
            value = self._try(item, lambda document: contexts.read(document, secrets))
            reason = self._found[item.source]
            known[(item.namespace, item.name)] = reason or value or {}
        return Contexts(known)

    def _try(self, document: Document, read: Callable[[Document], T]) -> T | None:
        try:
            return read(document)
        except Faulty as fault:
            self._found[document.source] = str(fault)
        except Exception as error:
            log.exception("%s", document.source)
            self._found[document.source] = f"the gateway failed to read it: {error!r}"[:500]
        return None

    def missing(self, kind: str, *fields: str) -> str:
        """Why something stays closed: fail closed, for without the one who decides nobody is let in. With ``fields``
        only if the object has one of them."""
        first = self._failed.get(kind)
        if first is None:
            return ""
        config = first.spec.get("config") if kind == "Module" else first.spec
        if fields and not (isinstance(config, dict) and any(config.get(name) for name in fields)):
            return ""
        return f"{first.source} is not in force: {self._found[first.source]}"
