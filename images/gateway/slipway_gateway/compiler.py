"""From the API's objects and the cluster's Services to Envoy's configuration: a pure function."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from slipway_gateway import beside, clusters, parse
from slipway_gateway.authorization import Authorization
from slipway_gateway.beside import Beside
from slipway_gateway.bootstrap import TO_HTTPS, route_configuration
from slipway_gateway.cluster_state import Cluster
from slipway_gateway.groups import Share, grouped
from slipway_gateway.limits import Limiter
from slipway_gateway.listening import Shape
from slipway_gateway.model import (
    INACTIVE,
    RUNNING,
    Document,
    Faulty,
    Json,
    Route,
    Source,
    Target,
    Upstream,
    Verdict,
)
from slipway_gateway.service import is_address
from slipway_gateway.telemetry import Told

log = logging.getLogger("gateway.compiler")


@dataclass(frozen=True)
class Compiled:
    """``routes`` is a RouteConfiguration; ``clusters`` and ``endpoints`` (ClusterLoadAssignments) stand by the
    cluster's name; ``verdicts`` has one for every document; ``prints`` tells whether a document's part changed;
    ``shape`` is that of the listeners."""

    routes: Json
    clusters: dict[str, Json] = field(default_factory=dict)
    endpoints: dict[str, Json] = field(default_factory=dict)
    verdicts: dict[Source, Verdict] = field(default_factory=dict)
    prints: dict[Source, str] = field(default_factory=dict)
    shape: Shape = field(default_factory=Shape)

    @property
    def version(self) -> str:
        """Names the routes, clusters and listeners; endpoints may change within a version."""
        return fingerprint([self.routes, sorted(self.clusters), self.shape_version])

    @property
    def shape_version(self) -> str:
        """Names the listeners."""
        return fingerprint(asdict(self.shape))


def fingerprint(value: object) -> str:
    """A short digest of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def compile_all(documents: Iterable[Document], cluster: Cluster, refused: dict[Source, str] | None = None) -> Compiled:
    """Every Mapping without a fault becomes routes; every object gets a verdict, no Mapping can harm another.

    ``refused`` are Mappings to leave out, with the reason (what only Envoy itself could find).
    """
    given = list(documents)
    rest = [document for document in given if document.kind != "Mapping"]
    others = _sound(beside.read(rest, refused or {}, cluster.secrets))
    verdicts: dict[Source, Verdict] = dict(others.verdicts)
    routes: list[Route] = []
    for document in given:
        if document.kind != "Mapping":
            continue
        if refused and document.source in refused:
            verdicts[document.source] = Verdict(INACTIVE, refused[document.source])
            continue
        try:
            route = parse.parse(document, others)
            if others.closed and not route.bypass:
                raise Faulty(others.closed)
            routes.append(route)
        except Faulty as fault:
            verdicts[document.source] = Verdict(INACTIVE, str(fault))
        except Exception as error:
            # A fault of ours must not become everybody's: this one Mapping waits for the correction.
            log.exception("%s", document.source)
            verdicts[document.source] = Verdict(INACTIVE, f"the gateway failed to read it: {error!r}"[:500])
    builder = _Builder(cluster)
    builder.prints |= {document.source: fingerprint(document.spec) for document in rest}
    settings = others.settings
    shape = _shape(builder, others)
    if settings.to_https:
        builder.routes.append(TO_HTTPS)
    for group in grouped(routes):
        verdicts |= {source: Verdict(INACTIVE, reason) for source, reason in group.refused.items()}
        for share in group.shares:
            builder.add(share)
            verdicts[share.route.source] = builder.verdict(share.route)
            if share.shadow:
                verdicts[share.shadow.source] = builder.verdict(share.shadow)
    routed = route_configuration(builder.routes, ready=True)
    return Compiled(routed, builder.clusters, builder.endpoints, verdicts, builder.prints, shape)


def _shape(builder: _Builder, others: Beside) -> Shape:
    """What the objects beside Mappings make of the listeners."""
    settings = others.settings
    manager, router = dict(settings.manager), dict(settings.router)
    if who := others.tracing:
        manager |= {"generate_request_id": True, "tracing": who.tracing(builder.cluster_of(who))}
        router["start_child_span"] = True
    logs = [who.log(builder.cluster_of(who)) for who in [others.log] if who]
    filters = [who.envoy_filter(builder.cluster_of(who)) for who in (others.authorization, others.limiter) if who]
    return Shape(settings.first, tuple(filters), manager, router, settings.listener, tuple(logs))


def _sound(others: Beside) -> Beside:
    """Without a Module's defaults if no Mapping could be served with them: the fault is the Module's."""
    settings = others.settings
    if not settings.defaults:
        return others
    nobody = Document(Source("Mapping", "none", "none"), "none", "none", {"prefix": "/", "service": "none"})
    try:
        parse.parse(nobody, others)
    except Faulty as fault:
        module = next(source for source in others.verdicts if source.kind == "Module" and others.in_force(source))
        verdicts = {**others.verdicts, module: Verdict(RUNNING, f"its defaults have no effect: {fault}")}
        return replace(others, settings=replace(settings, defaults={}), verdicts=verdicts)
    return others


class _Builder:
    """Collects routes, clusters and endpoints of the groups in order."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.routes: list[Json] = []
        self.clusters: dict[str, Json] = {}
        self.endpoints: dict[str, Json] = {}
        self.prints: dict[Source, str] = {}

    def add(self, share: Share) -> None:
        route = share.route
        match = dict(route.match)
        entry: Json = {"name": str(route.source), "match": match, **route.extra}
        if route.redirect:
            entry["redirect"] = route.redirect
        else:
            name = self._cluster(route.target, route.upstream)
            entry["route"] = {"cluster": name, **route.action}
            if share.upto < 100:
                match["runtime_fraction"] = _percent(share.upto) | {"runtime_key": f"routing.traffic_shift.{name}"}
            if share.shadow:
                entry["route"]["request_mirror_policies"] = [self._mirror(share.shadow)]
                self.prints[share.shadow.source] = fingerprint(entry)
        self.prints[route.source] = fingerprint(entry)
        self.routes.append(entry)

    def _mirror(self, shadow: Route) -> Json:
        weight = 100 if shadow.weight is None else shadow.weight
        return {"cluster": self._cluster(shadow.target, shadow.upstream), "runtime_fraction": _percent(weight)}

    def cluster_of(self, who: Authorization | Limiter | Told) -> str:
        """The cluster of a service that is asked or told."""
        return self._cluster(who.target, who.upstream)

    def _cluster(self, target: Target, upstream: Upstream) -> str:
        built = clusters.build(target, upstream, *self._discovery(target))
        name = str(built["name"])
        if built["type"] == "EDS" and target.service:
            addresses = self.cluster.addresses(target.service, target.port)
            self.endpoints[name] = clusters.assignment(name, addresses, target.host)
        self.clusters[name] = built
        return name

    def _discovery(self, target: Target) -> tuple[str, str]:
        """How the target's addresses are found, and the name that DNS knows."""
        if is_address(target.host):
            return "STATIC", ""
        info = self.cluster.services.get(target.service) if target.service else None
        if info is None:
            return "DNS", target.host
        return ("DNS", info.external) if info.external else ("EDS", "")

    def verdict(self, route: Route) -> Verdict:
        """Running; the reason then tells what the author may want to know."""
        return Verdict(RUNNING, "; ".join((*route.notes, *self._missing(route))))

    def _missing(self, route: Route) -> Iterable[str]:
        target = route.target
        if route.redirect or target.service is None:
            return
        info = self.cluster.services.get(target.service)
        place = f"{target.service[0]}/{target.service[1]}"
        if info is None and target.host.count(".") != 1:
            yield f"there is no Service {place} (yet)"
        elif info and not info.external and target.port not in info.ports:
            ports = ", ".join(map(str, sorted(info.ports))) or "none"
            yield f"Service {place} has no port {target.port}, only {ports}"


def _percent(numerator: int) -> Json:
    return {"default_value": {"numerator": numerator, "denominator": "HUNDRED"}}
