"""The last of these tests: the hosts' end leaves nothing on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import machine_cgroup
import machine_process
from hosts_fleet import PLACE, PREFIX
from hosts_machine import GROUP
from hosts_network import LINK, links


def test_nothing_is_left_here(fleet: Any) -> None:
    assert machine_process.inside(fleet.namespaces)
    assert len(machine_cgroup.existing(GROUP)) == len(machine_cgroup.hierarchies())
    fleet.end()
    assert machine_process.inside(fleet.namespaces) == []
    assert machine_process.naming(str(fleet.directory)) == {}
    assert machine_cgroup.existing(GROUP) == []
    assert LINK not in links()
    assert PREFIX not in Path("/proc/self/mountinfo").read_text()
    assert [path.name for path in PLACE.glob(f"{PREFIX}*") if path.is_dir()] == []
