"""Running playbooks as a user does, and reading what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Playbook = Callable[..., dict[str, int]]


@pytest.fixture(scope="session")
def playbook() -> Playbook:
    """``playbook("nfs.yml", "--check", nfs_server_port=12049)`` → the recap's numbers of this machine; a failure of
    the playbook fails the test with its output."""
    programs = str(Path(sys.executable).parent)

    def run(name: str, *arguments: str, timeout: float = 900, **variables: Any) -> dict[str, int]:
        command = [f"{programs}/ansible-playbook", name, *arguments, "--extra-vars", json.dumps(variables)]
        path = f"{programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        environment = {**os.environ, "PATH": path, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"}
        environment["ANSIBLE_NOCOLOR"] = "1"
        done = subprocess.run(
            command,
            cwd=ROOT / "playbooks",
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        recap = done.stdout.rpartition("PLAY RECAP")[2].splitlines()[1]
        return {name: int(value) for name, value in (word.split("=") for word in recap.partition(":")[2].split())}

    return run
