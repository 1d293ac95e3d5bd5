"""A run that is killed in the middle of a playbook: its hosts end with it, the next run removes what is left of it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import machine_process
import pytest
from hosts_network import LINK, links

#: The fleet's modules are beside this file, those of tests/support on the path of whoever runs this.
RUN = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from hosts_fleet import fleet
with fleet(["store"]) as found:
    print(json.dumps([str(found.directory), sorted(found.namespaces)]), flush=True)
    found.play(found.inventory({"nfs_servers": ["store"]}, {}), "nfs.yml")
"""


def test_its_hosts_end_with_it_and_the_next_run_removes_the_rest(request: pytest.FixtureRequest) -> None:
    command = [sys.executable, "-c", RUN, json.dumps([str(Path(__file__).parent), *sys.path])]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert run.stdout
        directory, names = json.loads(run.stdout.readline())
        deadline = time.monotonic() + 120
        # The playbook has a connection and is at work.
        while not list(Path(directory).glob("cp/*")):
            assert run.poll() is None
            assert time.monotonic() < deadline, "the playbook did not reach its host within 120 s"
            time.sleep(0.1)
        assert machine_process.inside(frozenset(names))
        assert LINK in links()
    finally:
        run.kill()
        run.wait()
    deadline = time.monotonic() + 60
    while left := machine_process.inside(frozenset(names)):
        assert time.monotonic() < deadline, f"still there 60 s after the end of the run: {left}"
        time.sleep(0.1)
    again = request.getfixturevalue("fleet")
    assert "yes" in again.ssh("store", "echo yes")
    assert not Path(directory).exists()
    assert machine_process.naming(directory) == {}
