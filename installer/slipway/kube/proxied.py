"""A kubeconfig's ``proxy-url``: the official Python client reads everything but that.

Source: the Cluster type of client-go's clientcmd/api/v1; schemes as there: http, https, socks5.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from slipway.errors import SlipwayError
from slipway.kube.kubeconfig import place_of

_SCHEMES = ("http://", "https://", "socks5://")


def proxy_url(path: str | None = None, context: str | None = None) -> str:
    """The proxy of the cluster in use, "" without one. Of several files the first that has a name counts.

    Raises SlipwayError for one that cannot be used.
    """
    place = place_of(path)
    documents = [_load(Path(part)) for part in place.split(os.pathsep) if part and Path(part).is_file()]
    current = context or next((str(name) for item in documents if (name := item.get("current-context"))), "")
    cluster = str(_named(documents, "context", current).get("cluster", ""))
    url = str(_named(documents, "cluster", cluster).get("proxy-url") or "")
    if url and not url.startswith(_SCHEMES):
        raise SlipwayError(f"proxy-url {url}: http, https or socks5 is expected", place, f"see cluster {cluster}")
    if url.startswith("socks5://") and find_spec("socks") is None:
        raise SlipwayError(f"proxy-url {url}: SOCKS needs the package PySocks", place, "pip install PySocks")
    return url


def _load(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def _named(documents: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    entries = (entry for item in documents for entry in item.get(f"{kind}s") or [])
    return next((entry.get(kind) or {} for entry in entries if entry.get("name") == name), {})
