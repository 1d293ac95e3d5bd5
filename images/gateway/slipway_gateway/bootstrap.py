"""Envoy's bootstrap: one listener whose routes come from a file, clusters from a second one.

The listener never changes, so an update of the routes never drains a connection.
"""

from __future__ import annotations

import os
from typing import Any

from slipway_gateway import tls as transport
from slipway_gateway.headers import CORS_FILTER
from slipway_gateway.model import Json
from slipway_gateway.tls import Tls

#: Where the controller writes and Envoy reads; both containers mount it.
CONFIG_DIRECTORY = os.environ.get("GATEWAY_CONFIG", "/config")
ADMIN_PORT = int(os.environ.get("GATEWAY_ADMIN_PORT", "8001"))
HTTP_PORT = int(os.environ.get("GATEWAY_HTTP_PORT", "8080"))
ROUTES_FILE, CLUSTERS_FILE, BOOTSTRAP_FILE = "routes.json", "clusters.json", "bootstrap.json"
CERTIFICATE_FILE = "certificate.json"
ENDPOINTS_DIRECTORY = "endpoints"

ROUTES_NAME = "mappings"
STAT_PREFIX = "ingress_http"
TYPE = "type.googleapis.com/"
ROUTE_TYPE = f"{TYPE}envoy.config.route.v3.RouteConfiguration"
CLUSTER_TYPE = f"{TYPE}envoy.config.cluster.v3.Cluster"
SECRET_TYPE = f"{TYPE}envoy.extensions.transport_sockets.tls.v3.Secret"
ENDPOINT_TYPE = f"{TYPE}envoy.config.endpoint.v3.ClusterLoadAssignment"

#: Upstream's texts.
ALIVE, NOT_ALIVE = "Ambassador is alive and well\n", "Ambassador is not alive\n"
READY, NOT_READY = "Ambassador is ready and waiting\n", "Ambassador is not ready\n"
ALIVE_PATH, READY_PATH = "/ambassador/v0/check_alive", "/ambassador/v0/check_ready"


def route_configuration(routes: list[Json], *, ready: bool) -> Json:
    """All routes behind the health answers. Envoy itself gives them, so they hold while the controller restarts."""
    health = [
        _answer(ALIVE_PATH, 200, ALIVE),
        _answer(READY_PATH, 200 if ready else 503, READY if ready else NOT_READY),
    ]
    host = {"name": "all", "domains": ["*"], "routes": health + routes}
    return {"name": ROUTES_NAME, "virtual_hosts": [host], "validate_clusters": False}


def _answer(path: str, status: int, text: str) -> Json:
    return {
        "name": path,
        "match": {"path": path},
        "direct_response": {"status": status, "body": {"inline_string": text}},
        "response_headers_to_add": [
            {"header": {"key": "content-type", "value": "text/plain"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        ],
    }


def discovery(version: str, type_url: str, resources: list[Json]) -> Json:
    """A DiscoveryResponse as Envoy reads it from a file."""
    return {"version_info": version, "resources": [{"@type": type_url, **item} for item in resources]}


def bootstrap(
    config: str = CONFIG_DIRECTORY, admin_port: int = ADMIN_PORT, http_port: int = HTTP_PORT, tls: Tls | None = None
) -> Json:
    """The bootstrap of the running Envoy; its admin interface listens on the loopback device only."""
    return {
        **_common(),
        "admin": {"address": _address("127.0.0.1", admin_port)},
        "static_resources": {"listeners": _listeners(config, http_port, tls)},
        "dynamic_resources": {"cds_config": file_source(f"{config}/{CLUSTERS_FILE}")},
    }


def _listeners(config: str, http_port: int, tls: Tls | None) -> list[Json]:
    routes = {"rds": _routes(config)}
    if tls is None:
        return [_listener(routes, http_port)]
    insecure = transport.insecure_route(tls)
    plain = routes if insecure is None else {"route_config": _insecure(insecure)}
    secure = _listener(routes, tls.port, "ingress-tls")
    secure["filter_chains"][0]["transport_socket"] = transport.transport_socket(
        tls, file_source(f"{config}/{CERTIFICATE_FILE}")
    )
    return [_listener(plain, http_port), secure]


def _insecure(route: Json) -> Json:
    """Without TLS there is nothing but the news that Envoy lives."""
    host = {"name": "insecure", "domains": ["*"], "routes": [_answer(ALIVE_PATH, 200, ALIVE), route]}
    return {"name": "insecure", "virtual_hosts": [host]}


def validation_bootstrap(routes: Json, clusters: list[Json]) -> Json:
    """The same with everything inside, for `envoy --mode validate`, which loads no files."""
    return {
        **_common(),
        "static_resources": {
            "listeners": [_listener({"route_config": routes | {"validate_clusters": True}}, 1)],
            "clusters": [_static(cluster) for cluster in clusters],
        },
    }


def _static(cluster: Json) -> Json:
    """An EDS cluster without its file: validation is about options, not endpoints."""
    if cluster.get("type") != "EDS":
        return cluster
    return cluster | {"type": "STATIC", "load_assignment": {"cluster_name": cluster["name"]}}


def with_discovery(cluster: Json, config: str) -> Json:
    """A cluster as Envoy loads it: one of type EDS has its endpoints in a file of its own name."""
    if cluster.get("type") != "EDS":
        return cluster
    source = file_source(f"{config}/{ENDPOINTS_DIRECTORY}/{cluster['name']}.json")
    return cluster | {"eds_cluster_config": {"eds_config": source}}


def _common() -> Json:
    # Envoy's limit of 100 is for regular expressions of strangers; these come from those who may route requests.
    runtime = {"re2.max_program_size.error_level": 5000}
    return {
        "node": {"id": "ambassador", "cluster": "ambassador"},
        "layered_runtime": {"layers": [{"name": "static", "static_layer": runtime}]},
    }


def file_source(path: str) -> Json:
    """A ConfigSource that Envoy reads again whenever the file is replaced by a rename."""
    return {"path_config_source": {"path": path}, "resource_api_version": "V3"}


def _routes(config: str) -> Json:
    return {"route_config_name": ROUTES_NAME, "config_source": file_source(f"{config}/{ROUTES_FILE}")}


def _address(host: str, port: int) -> Json:
    return {"socket_address": {"address": host, "port_value": port}}


def _filter(name: str, type_url: str, **config: Any) -> Json:
    return {"name": name, "typed_config": {"@type": TYPE + type_url, **config}}


def _listener(routes: Json, port: int, name: str = "ingress") -> Json:
    http = "envoy.extensions.filters.http"
    manager = _filter(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=STAT_PREFIX,
        use_remote_address=True,
        normalize_path=True,
        access_log=[_access_log()],
        http_filters=[
            _filter(CORS_FILTER, f"{http}.cors.v3.Cors"),
            _filter("envoy.filters.http.router", f"{http}.router.v3.Router"),
        ],
        **routes,
    )
    return {
        "name": name,
        "address": _address("0.0.0.0", port),  # noqa: S104 - a gateway is for everybody
        "per_connection_buffer_limit_bytes": 1048576,
        "filter_chains": [{"filters": [manager]}],
    }


def _access_log() -> Json:
    """Only what failed: one line per request would wear the disk of a small machine."""
    condition = {
        "status_code_filter": {
            "comparison": {"op": "GE", "value": {"default_value": 400, "runtime_key": "gateway.access_log_min_status"}}
        }
    }
    stdout = "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
    return {"filter": condition, **_filter("envoy.access_loggers.stdout", stdout)}
