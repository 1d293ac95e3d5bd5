"""The route to Services, in a network namespace of the test's own: there only the loopback device exists."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
PROGRAM = """
import sys
from pathlib import Path
from slipway.node import routes
from slipway.node.config import NodeConfig
config = NodeConfig(state=Path(sys.argv[1]))
print([routes.ensure(config, "198.51.100.2"), routes.ensure(config, "198.51.100.2")])
routes.clear(config)
print([routes.ensure(config, "198.51.100.2")])
"""
SETUP = "ip link set lo up; ip link add lan0 type bridge; ip addr add 198.51.100.2/24 dev lan0; ip link set lan0 up"


def run(state: Path, more: str = "") -> list[str]:
    command = ["unshare", "--net", "sh", "-ec", f'{SETUP}; {more} "$0" -c "$1" "$2"; ip route', sys.executable]
    done = subprocess.run([*command, PROGRAM, state], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_it_is_added_once_and_taken_away(tmp_path: Path) -> None:
    first, again, *routes = run(tmp_path)
    assert (first, again) == ("[True, False]", "[True]")
    assert any(line.startswith("10.96.0.0/12 dev lan0") and "src 198.51.100.2" in line for line in routes)


def test_a_default_route_is_enough(tmp_path: Path) -> None:
    first, again, *routes = run(tmp_path, "ip route add default via 198.51.100.1;")
    assert (first, again) == ("[False, False]", "[False]")
    assert not any(line.startswith("10.96") for line in routes)
