"""A kubeconfig's ``proxy-url``: the official Python client reads everything but that.

Source: the Cluster type of client-go's clientcmd/api/v1; schemes as there: http, https, socks5.
"""

from __future__ import annotations

from importlib.util import find_spec

from slipway.errors import SlipwayError
from slipway.kube.chosen import Chosen

_SCHEMES = ("http://", "https://", "socks5://")


def proxy_url(chosen: Chosen) -> str:
    """The proxy of the cluster in use, "" without one. Raises SlipwayError for one that cannot be used."""
    url, place = str(chosen.cluster.get("proxy-url") or ""), chosen.place
    if url and not url.startswith(_SCHEMES):
        raise SlipwayError(
            f"proxy-url {url}: http, https or socks5 is expected", place, f"see context {chosen.context}"
        )
    if url.startswith("socks5://") and find_spec("socks") is None:
        raise SlipwayError(f"proxy-url {url}: SOCKS needs the package PySocks", place, "pip install PySocks")
    return url
