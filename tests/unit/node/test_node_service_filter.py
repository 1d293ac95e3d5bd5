"""What no rule of kube-proxy takes up stays on the machine: in a network namespace where a server answers for all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from slipway.node import service_filter

ABLE = os.geteuid() == 0 and all(map(shutil.which, ("iptables-restore", "ip", "unshare")))
pytestmark = pytest.mark.skipif(not ABLE, reason="network namespaces need root, and iptables")

#: As a Service's address 10.96.0.9:80 may be met: without any rule, and with kube-proxy's DNAT to a Pod's address.
PROGRAM = """
import socket, subprocess, sys, threading
from pathlib import Path
from slipway.node import service_filter
from slipway.node.config import NodeConfig

def serve(address):
    server = socket.create_server((address, 80))
    def loop():
        while True:
            connection, _ = server.accept()
            connection.sendall(address.encode())
            connection.close()
    threading.Thread(target=loop, daemon=True).start()

def ask(address):
    try:
        with socket.create_connection((address, 80), timeout=5, source_address=("198.51.100.7", 0)) as connection:
            return connection.recv(100).decode()
    except OSError as error:
        return type(error).__name__

serve("10.96.0.9")    # somebody out there who takes every connection
serve("10.244.0.5")   # a Pod
config = NodeConfig(state=Path(sys.argv[1]))
print(ask("10.96.0.9"))
service_filter.ensure(config)
service_filter.ensure(config)
print(ask("10.96.0.9"))
nat = "iptables -t nat -A OUTPUT -d 10.96.0.9/32 -p tcp --dport 80 -j DNAT --to-destination 10.244.0.5:80"
subprocess.run(nat.split(), check=True)
print(ask("10.96.0.9"))
print(subprocess.run(["iptables-save", "-t", "filter"], capture_output=True, text=True, check=True).stdout)
"""
ADDRESSES = ("10.96.0.9", "10.244.0.5", "198.51.100.7")
SETUP = "ip link set lo up; " + "; ".join(f"ip addr add {address}/32 dev lo" for address in ADDRESSES)


def test_without_a_rule_of_kube_proxy_a_connection_is_refused(tmp_path: Path) -> None:
    command = [
        "unshare",
        "--net",
        "sh",
        "-ec",
        f'{SETUP}; exec "$0" -c "$1" "$2"',
        sys.executable,
        PROGRAM,
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    before, after, with_rule, *saved = done.stdout.splitlines()
    assert (before, after, with_rule) == ("10.96.0.9", "ConnectionRefusedError", "10.244.0.5")
    for hook in service_filter.HOOKS:
        assert saved.count(f"-A {hook} -j {service_filter.CHAIN}") == 1


def test_the_range_is_that_of_the_settings() -> None:
    assert " -d 10.60.0.0/16 " in service_filter.rules("10.60.0.0/16")
