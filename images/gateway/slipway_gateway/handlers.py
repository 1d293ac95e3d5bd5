"""kopf's part: three watches that survive whatever the API server does. They write nothing to users' objects."""

from __future__ import annotations

from typing import Any

import kopf

from slipway_gateway.gateway import Gateway


def registry(gateway: Gateway) -> kopf.OperatorRegistry:
    """The watches, bound to ``gateway``."""
    found = kopf.OperatorRegistry()

    async def mapping(event: Any, **_: Any) -> None:
        gateway.event(gateway.mappings, event)

    async def service(event: Any, **_: Any) -> None:
        gateway.event(gateway.services, event)

    async def endpoint_slice(event: Any, **_: Any) -> None:
        gateway.event(gateway.slices, event)

    async def login(**context: Any) -> Any:
        return kopf.login_with_service_account(**context)

    kopf.on.event("getambassador.io", "v3alpha1", "mappings", registry=found)(mapping)
    kopf.on.event("", "v1", "services", registry=found)(service)
    kopf.on.event("discovery.k8s.io", "v1", "endpointslices", registry=found)(endpoint_slice)
    kopf.on.login(registry=found)(login)
    return found


def settings() -> kopf.OperatorSettings:
    """No events of kopf's own; watches that end regularly, so that a dead connection is noticed."""
    found = kopf.OperatorSettings()
    found.posting.enabled = False
    found.watching.server_timeout = 300
    found.watching.client_timeout = 330
    found.watching.connect_timeout = 10
    found.networking.request_timeout = 30
    return found
