"""Envoy's listeners: where it listens, and what a request passes before a route takes it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from slipway_gateway import bootstrap as envoy
from slipway_gateway import tls as transport
from slipway_gateway.headers import CORS_FILTER
from slipway_gateway.model import Json
from slipway_gateway.tls import Tls

_HTTP = "envoy.extensions.filters.http"


@dataclass(frozen=True)
class Ground:
    """Where this gateway listens, as its environment says: the same as long as its Pod lives."""

    config: str = envoy.CONFIG_DIRECTORY
    http_port: int = envoy.HTTP_PORT
    tls: Tls | None = None

    def to_json(self) -> Json:
        return dataclasses.asdict(self)


def ground_of(value: Json) -> Ground:
    """The inverse of ``Ground.to_json``."""
    return Ground(**{**value, "tls": Tls(**value["tls"]) if value["tls"] else None})


@dataclass(frozen=True)
class Shape:
    """What objects make of the listeners, as Envoy JSON: ``first`` and ``filters`` are HTTP filters before and after
    that of CORS; ``manager``, ``router`` and ``listener`` have fields of the HttpConnectionManager, the Router and the
    Listener, in place of ours."""

    first: tuple[Json, ...] = ()
    filters: tuple[Json, ...] = ()
    manager: Json = field(default_factory=dict)
    router: Json = field(default_factory=dict)
    listener: Json = field(default_factory=dict)
    logs: tuple[Json, ...] = ()


def listeners(ground: Ground, shape: Shape) -> list[Json]:
    """All listeners; their routes come from the file of routes."""
    routes = {"rds": _routes(ground.config)}
    tls = ground.tls
    if tls is None:
        return [listener(routes, ground.http_port, shape)]
    insecure = transport.insecure_route(tls)
    plain = listener(routes, ground.http_port, shape)
    if insecure is not None:
        # Before anybody is asked for authorization.
        plain = listener(
            {"route_config": _insecure(insecure)}, ground.http_port, dataclasses.replace(shape, first=(), filters=())
        )
    secure = listener(routes, tls.port, shape, "ingress-tls")
    secure["filter_chains"][0]["transport_socket"] = transport.transport_socket(
        tls, envoy.file_source(f"{ground.config}/{envoy.CERTIFICATE_FILE}")
    )
    return [plain, secure]


def validation_bootstrap(routes: Json, clusters: list[Json], shape: Shape) -> Json:
    """The same with everything inside, for `envoy --mode validate`, which loads no files."""
    return {
        **envoy.common(),
        "static_resources": {
            "listeners": [listener({"route_config": routes | {"validate_clusters": True}}, 1, shape)],
            "clusters": [_static(cluster) for cluster in clusters],
        },
    }


def listener(routes: Json, port: int, shape: Shape, name: str = "ingress") -> Json:
    """One listener for HTTP/1 and HTTP/2; ``routes`` is {"rds": …} or {"route_config": …}."""
    manager = envoy.typed(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        **{
            "stat_prefix": envoy.STAT_PREFIX,
            "use_remote_address": True,
            "normalize_path": True,
            **shape.manager,
            "access_log": [*shape.manager.get("access_log", [_access_log()]), *shape.logs],
        },
        http_filters=[
            *shape.first,
            envoy.typed(CORS_FILTER, f"{_HTTP}.cors.v3.Cors"),
            *shape.filters,
            envoy.typed("envoy.filters.http.router", f"{_HTTP}.router.v3.Router", **shape.router),
        ],
        **routes,
    )
    return {
        "name": name,
        "address": envoy.address("0.0.0.0", port),  # noqa: S104 - a gateway is for everybody
        "per_connection_buffer_limit_bytes": 1048576,
        **shape.listener,
        "filter_chains": [{"filters": [manager]}],
    }


def _routes(config: str) -> Json:
    return {
        "route_config_name": envoy.ROUTES_NAME,
        "config_source": envoy.file_source(f"{config}/{envoy.ROUTES_FILE}"),
    }


def _insecure(route: Json) -> Json:
    """Without TLS there is nothing but the news that Envoy lives."""
    host = {
        "name": "insecure",
        "domains": ["*"],
        "routes": [envoy.answer(envoy.ALIVE_PATH, 200, envoy.ALIVE), route],
    }
    return {"name": "insecure", "virtual_hosts": [host]}


def _static(cluster: Json) -> Json:
    """An EDS cluster without its file: validation is about options, not endpoints."""
    if cluster.get("type") != "EDS":
        return cluster
    return cluster | {"type": "STATIC", "load_assignment": {"cluster_name": cluster["name"]}}


def _access_log() -> Json:
    """Only what failed: one line per request would wear the disk of a small machine."""
    condition = {
        "status_code_filter": {
            "comparison": {"op": "GE", "value": {"default_value": 400, "runtime_key": "gateway.access_log_min_status"}}
        }
    }
    stdout = "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
    return {"filter": condition, **envoy.typed("envoy.access_loggers.stdout", stdout)}
