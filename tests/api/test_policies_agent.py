"""What makes NetworkPolicies hold: its rules outlive a restart and a crash, and go with its DaemonSet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from slipway import artifacts
from slipway.progress import Reporter

NEEDED = ("unshare", "setpriv", "ip", "iptables-save")


@pytest.mark.skipif(os.geteuid() != 0 or not all(map(shutil.which, NEEDED)), reason="needs root and iptables")
def test_rules_outlive_the_program_and_not_its_daemon_set(tmp_path: Path) -> None:
    artifacts.ensure(["binary/network-policies"], Reporter())
    program = artifacts.binary("network-policies")
    script = Path(__file__).with_name("policies_agent.py")
    done = subprocess.run(
        ["unshare", "--net", "--mount", sys.executable, script, program, tmp_path / "api"],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    assert json.loads(done.stdout) == {"before": 0, "running": 2, "restarted": 2, "killed": 2, "uninstalled": 0}
