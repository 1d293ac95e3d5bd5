"""The load balancer before several API servers: Debian's HAProxy, which passes TCP connections on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONFIGURATION = """
global
  maxconn 2000
defaults
  mode tcp
  retries 3
  option redispatch
  timeout connect 2s
  # Watches are quiet for long.
  timeout client 1h
  timeout server 1h
frontend kubernetes
  bind :6443
  default_backend control-planes
backend control-planes
  default-server check inter 1s fall 2 rise 2 on-marked-down shutdown-sessions
"""


def start(fleet: Any, name: str, servers: Mapping[str, str]) -> None:
    """Install it on a host and have it pass port 6443 on to these: name → address."""
    text = CONFIGURATION.lstrip() + "".join(f"  server {key} {address}:6443\n" for key, address in servers.items())
    fleet.ssh(name, "apt-get update -q && apt-get install -q -y --no-install-recommends haproxy", timeout=300)
    fleet.ssh(name, f"cat >/etc/haproxy/haproxy.cfg <<'END'\n{text}END\nsystemctl restart haproxy")
