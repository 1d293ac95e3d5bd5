"""Connections to one API server, and who asks. Nothing of the official client is imported before it is needed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slipway.errors import SlipwayError
from slipway.kube import kubeconfig
from slipway.kube.kubeconfig import Access
from slipway.kube.proxied import proxy_url
from slipway.kube.wire import Wire

#: Many threads apply at once; a smaller pool would have them wait, or connect anew each time.
POOL = 32


@dataclass(frozen=True)
class Connection:
    """``pool`` gives urllib3's, ``wire`` is for requests whose answers are read at once (None: the pool has these,
    too), ``authorize`` adds to headers who asks, ``official`` gives the official client's API."""

    host: str
    pool: Callable[[], Any]
    wire: Wire | None
    authorize: Callable[[dict[str, str]], None]
    official: Callable[[], Any]


def connect(path: str | None = None, context: str | None = None) -> Connection:
    """By a kubeconfig; nothing is sent yet. Raises SlipwayError when it cannot be used."""
    official = functools.cache(lambda: _official(path, context))
    access = kubeconfig.read(path, context)
    if access is not None:
        wire = Wire(access.host, access.tls, access.name)
        pool = functools.cache(lambda: _pool(access))
        return Connection(access.host, pool, wire, lambda headers: headers.update(access.headers), official)
    api = official()
    api.rest_client.pool_manager.connection_pool_kw["maxsize"] = POOL
    return Connection(
        str(api.configuration.host),
        lambda: api.rest_client.pool_manager,
        None,
        lambda headers: api.update_params_for_auth(headers, [], ["BearerToken"]),
        official,
    )


def _pool(access: Access) -> Any:
    import urllib3

    options: dict[str, Any] = {"ssl_context": access.tls} if access.tls else {}
    options |= {"server_hostname": access.name} if access.name else {}
    return urllib3.PoolManager(num_pools=4, maxsize=POOL, **options)


def _official(path: str | None, context: str | None) -> Any:
    from kubernetes import client, config
    from kubernetes.config import ConfigException
    from yaml import YAMLError

    try:
        settings = client.Configuration()
        config.load_kube_config(config_file=path, context=context, client_configuration=settings)
        settings.proxy = proxy_url(path, context) or settings.proxy
        return client.ApiClient(configuration=settings)
    # What is no mapping where one is expected ends in the last three.
    except (ConfigException, OSError, ValueError, YAMLError, TypeError, LookupError, AttributeError) as error:
        raise SlipwayError(
            f"no usable kubeconfig: {' '.join(str(error).split())}",
            path or "kubeconfig",
            "give --kubeconfig FILE or set KUBECONFIG",
        ) from error
