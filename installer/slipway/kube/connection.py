"""Connections to one API server, and who asks. Nothing of the official client is imported before it is needed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slipway.errors import SlipwayError
from slipway.kube import kubeconfig
from slipway.kube.chosen import FAULTS, REMEDY, Chosen
from slipway.kube.kubeconfig import Access
from slipway.kube.proxied import proxy_url
from slipway.kube.wire import Wire

#: Many threads apply at once; a smaller pool would have them wait, or connect anew each time.
POOL = 32


@dataclass(frozen=True)
class Connection:
    """``context`` is the kubeconfig's, ``pool`` gives urllib3's, ``wire`` is for requests whose answers are read at
    once (None: the pool has these, too), ``authorize`` adds to headers who asks, ``official`` gives the official
    client's API."""

    host: str
    context: str
    pool: Callable[[], Any]
    wire: Wire | None
    authorize: Callable[[dict[str, str]], None]
    official: Callable[[], Any]


def connect(chosen: Chosen) -> Connection:
    """To the cluster that was chosen; nothing is sent yet. Raises SlipwayError when that cannot be used."""
    official = functools.cache(lambda: _official(chosen))
    access = kubeconfig.read(chosen)
    if access is not None:
        wire = Wire(access.host, access.tls, access.name)
        pool = functools.cache(lambda: _pool(access))
        headers = access.current
        return Connection(access.host, chosen.context, pool, wire, lambda own: own.update(headers()), official)
    api = official()
    api.rest_client.pool_manager.connection_pool_kw["maxsize"] = POOL
    return Connection(
        str(api.configuration.host),
        chosen.context,
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


def _official(chosen: Chosen) -> Any:
    from kubernetes import client, config
    from kubernetes.config import ConfigException

    try:
        settings = client.Configuration()
        # The files are merged here: where the official client merges them, the last current context counts.
        document = {"apiVersion": "v1", "kind": "Config", **chosen.document}
        config.load_kube_config_from_dict(document, context=chosen.context, client_configuration=settings)
        settings.proxy = proxy_url(chosen) or settings.proxy
        return client.ApiClient(configuration=settings)
    # What is no mapping where one is expected ends in some of these.
    except (ConfigException, *FAULTS) as error:
        what = f"no usable kubeconfig: {' '.join(str(error).split())}"
        raise SlipwayError(what, chosen.place, REMEDY) from error
