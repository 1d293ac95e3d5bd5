"""Room for the kubelet below a container's cgroup v2 root."""

from __future__ import annotations

import os
import subprocess
import uuid
from pathlib import Path

import pytest
from slipway.node import cgroup


def unified() -> Path | None:
    """Where cgroup v2 is mounted here, also beside v1."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        if " - cgroup2 " in line:
            return Path(line.split(" ")[4])
    return None


def test_the_kernels_root_needs_nothing(tmp_path: Path) -> None:
    assert not cgroup.is_nested(tmp_path)
    (tmp_path / "cgroup.type").write_text("domain\n")
    assert cgroup.is_nested(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0 or unified() is None, reason="needs root and cgroup v2")
def test_processes_move_into_a_leaf() -> None:
    mounted = unified()
    assert mounted
    root = mounted / f"slipway-test-{uuid.uuid4().hex[:8]}"
    root.mkdir()
    child = subprocess.Popen(["sleep", "60"])
    try:
        (root / "cgroup.procs").write_text(str(child.pid))
        assert cgroup.is_nested(root)
        cgroup.vacate(root)
        assert (root / "cgroup.procs").read_text() == ""
        assert (root / cgroup.LEAF / "cgroup.procs").read_text().split() == [str(child.pid)]
        # All controllers that there are, which may be none where cgroup v1 holds them.
        cgroup.delegate(root)
        there = set((root / "cgroup.controllers").read_text().split())
        assert set((root / "cgroup.subtree_control").read_text().split()) == there & set(cgroup.WANTED)
    finally:
        child.kill()
        child.wait()
        (root / cgroup.LEAF).rmdir()
        root.rmdir()
