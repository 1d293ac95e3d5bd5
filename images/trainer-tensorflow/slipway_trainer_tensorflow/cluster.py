"""The cluster that the training operator describes in TF_CONFIG, and meeting the others.

Source: TensorFlow's TF_CONFIG: {"cluster": {"chief": ["host:port"], …}, "task": {"type": "chief", "index": 0}}.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

ROLES = ("chief", "worker", "ps")


class BadCluster(ValueError):
    """A TF_CONFIG that this training cannot use, or a member that never came."""


@dataclass(frozen=True)
class Cluster:
    """``members``: addresses "host:port" by role; this process is number ``index`` of ``role``."""

    members: dict[str, list[str]]
    role: str
    index: int


def cluster(environment: Mapping[str, str] = os.environ) -> Cluster:
    """The cluster of TF_CONFIG. Raises BadCluster: a chief, a worker and a parameter server are needed."""
    text = environment.get("TF_CONFIG", "")
    try:
        config = json.loads(text)
        found = Cluster(
            {str(role): list(hosts) for role, hosts in config["cluster"].items()},
            str(config["task"]["type"]),
            int(config["task"]["index"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadCluster(f"TF_CONFIG does not describe a cluster: {text[:200]!r}") from error
    missing = [role for role in ROLES if not found.members.get(role)]
    if missing:
        raise BadCluster(f"the cluster has no {', '.join(missing)}")
    if found.role not in ROLES or not 0 <= found.index < len(found.members[found.role]):
        raise BadCluster(f"this process is {found.role} {found.index}, which the cluster does not have")
    return found


def wait_for(addresses: list[str], *, timeout: float = 120.0, pause: float = 0.2) -> None:
    """Wait until every "host:port" accepts connections: pods start, and get their DNS names, at different times."""
    deadline = time.monotonic() + timeout
    for address in addresses:
        host, _, port = address.rpartition(":")
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=2).close()
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise BadCluster(f"no answer of {address} within {timeout:.0f} s: {error}") from error
                time.sleep(pause)
