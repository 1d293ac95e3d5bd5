"""Envoy's bootstrap: listeners, their routes and the clusters come from a file each.

An update of the routes changes no listener, so it never drains a connection.
"""

from __future__ import annotations

import os
from typing import Any

from slipway_gateway.model import Json

#: Where the controller writes and Envoy reads; both containers mount it.
CONFIG_DIRECTORY = os.environ.get("GATEWAY_CONFIG", "/config")
ADMIN_PORT = int(os.environ.get("GATEWAY_ADMIN_PORT", "8001"))
HTTP_PORT = int(os.environ.get("GATEWAY_HTTP_PORT", "8080"))
ROUTES_FILE, CLUSTERS_FILE, BOOTSTRAP_FILE = "routes.json", "clusters.json", "bootstrap.json"
LISTENERS_FILE, GROUND_FILE = "listeners.json", "ground.json"
CERTIFICATE_FILE = "certificate.json"
ENDPOINTS_DIRECTORY = "endpoints"

ROUTES_NAME = "mappings"
STAT_PREFIX = "ingress_http"
TYPE = "type.googleapis.com/"
ROUTE_TYPE = f"{TYPE}envoy.config.route.v3.RouteConfiguration"
LISTENER_TYPE = f"{TYPE}envoy.config.listener.v3.Listener"
CLUSTER_TYPE = f"{TYPE}envoy.config.cluster.v3.Cluster"
SECRET_TYPE = f"{TYPE}envoy.extensions.transport_sockets.tls.v3.Secret"
ENDPOINT_TYPE = f"{TYPE}envoy.config.endpoint.v3.ClusterLoadAssignment"

AUTH_FILTER = "envoy.filters.http.ext_authz"
AUTH_ROUTE = f"{TYPE}envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute"
#: A route of which no AuthService is asked.
UNASKED: Json = {"@type": AUTH_ROUTE, "disabled": True}

#: For who came to a proxy before us without TLS.
TO_HTTPS: Json = {
    "name": "to-https",
    "match": {"prefix": "/", "headers": [{"name": "x-forwarded-proto", "string_match": {"exact": "http"}}]},
    "redirect": {"https_redirect": True},
    "typed_per_filter_config": {AUTH_FILTER: UNASKED},
}

#: Upstream's texts.
ALIVE, NOT_ALIVE = "Ambassador is alive and well\n", "Ambassador is not alive\n"
READY, NOT_READY = "Ambassador is ready and waiting\n", "Ambassador is not ready\n"
ALIVE_PATH, READY_PATH = "/ambassador/v0/check_alive", "/ambassador/v0/check_ready"


def route_configuration(routes: list[Json], *, ready: bool) -> Json:
    """All routes behind the health answers. Envoy itself gives them, so they hold while the controller restarts."""
    health = [
        answer(ALIVE_PATH, 200, ALIVE),
        answer(READY_PATH, 200 if ready else 503, READY if ready else NOT_READY),
    ]
    host = {"name": "all", "domains": ["*"], "routes": health + routes}
    return {"name": ROUTES_NAME, "virtual_hosts": [host], "validate_clusters": False}


def answer(path: str, status: int, text: str) -> Json:
    """A route that answers by itself, to everybody."""
    return {
        "name": path,
        "match": {"path": path},
        "direct_response": {"status": status, "body": {"inline_string": text}},
        "typed_per_filter_config": {AUTH_FILTER: UNASKED},
        "response_headers_to_add": [
            {"header": {"key": "content-type", "value": "text/plain"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        ],
    }


def discovery(version: str, type_url: str, resources: list[Json]) -> Json:
    """A DiscoveryResponse as Envoy reads it from a file."""
    return {"version_info": version, "resources": [{"@type": type_url, **item} for item in resources]}


def bootstrap(config: str = CONFIG_DIRECTORY, admin_port: int = ADMIN_PORT) -> Json:
    """The bootstrap of the running Envoy; its admin interface listens on the loopback device only."""
    return {
        **common(),
        "admin": {"address": address("127.0.0.1", admin_port)},
        "dynamic_resources": {
            "cds_config": file_source(f"{config}/{CLUSTERS_FILE}"),
            "lds_config": file_source(f"{config}/{LISTENERS_FILE}"),
        },
    }


def with_discovery(cluster: Json, config: str) -> Json:
    """A cluster as Envoy loads it: one of type EDS has its endpoints in a file of its own name."""
    if cluster.get("type") != "EDS":
        return cluster
    source = file_source(f"{config}/{ENDPOINTS_DIRECTORY}/{cluster['name']}.json")
    return cluster | {"eds_cluster_config": {"eds_config": source}}


def common() -> Json:
    """What every Envoy of the gateway has."""
    # Envoy's limit of 100 is for regular expressions of strangers; these come from those who may route requests.
    runtime = {"re2.max_program_size.error_level": 5000}
    return {
        "node": {"id": "ambassador", "cluster": "ambassador"},
        "layered_runtime": {"layers": [{"name": "static", "static_layer": runtime}]},
    }


def file_source(path: str) -> Json:
    """A ConfigSource that Envoy reads again whenever the file is replaced by a rename."""
    return {"path_config_source": {"path": path}, "resource_api_version": "V3"}


def address(host: str, port: int) -> Json:
    """Envoy's Address."""
    return {"socket_address": {"address": host, "port_value": port}}


def typed(name: str, type_url: str, **config: Any) -> Json:
    """An extension with its configuration."""
    return {"name": name, "typed_config": {"@type": TYPE + type_url, **config}}
