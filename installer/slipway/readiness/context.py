"""What a probe is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slipway.kube import Client
from slipway.progress import Reporter


@dataclass(frozen=True)
class ProbeContext:
    """``project`` is the project namespace, ``gateway`` a URL without a trailing slash, ``node_ip`` a node's address;
    ``settings`` are the component's own, as rendered."""

    kube: Client
    project: str
    settings: Mapping[str, str]
    gateway: str
    node_ip: str
    reporter: Reporter
