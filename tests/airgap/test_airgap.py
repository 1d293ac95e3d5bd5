"""From one file on a machine that reaches nothing: Slipway, a cluster, the platform, the smoke test, and none of it.

These tests run in their order. The machine is a bare Debian in namespaces of its own: no Python, no containerd, no Go,
an empty cache, and a network of one link that leads nowhere.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import airgap_machine
import airgap_rootfs
import machine_cgroup
import pytest
from airgap_machine import Machine
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from slipway.bundle import archive

FILE = "/media/slipway.bundle"
PROGRAM = "/opt/slipway/bin/slipway"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and mounts need root")


@pytest.fixture(scope="module")
def machine(bundle: Path, disk: Path) -> Iterator[Machine]:
    """The machine; its end is the end of all that runs in it."""
    started = Machine(airgap_rootfs.ensure(), disk, bundle.parent)
    try:
        yield started
    finally:
        started.end()


def test_the_machine_has_nothing_and_reaches_nothing(machine: Machine) -> None:
    for program in ("python3", "containerd", "go", "kubectl", "skopeo", "ip"):
        assert machine.run("sh", "-c", f"command -v {program}", check=False).returncode != 0, program
    routes = machine.run("cat", "/proc/net/route").stdout.splitlines()
    assert [line.split()[0] for line in routes[1:]] == [airgap_machine.LINK]
    # 127.0.0.1 is the machine itself; anything else ends in the routing table.
    for address in ("192.0.2.1", "198.18.77.1", "10.96.0.1"):
        tried = machine.run("bash", "-c", f"exec 3<>/dev/tcp/{address}/80", check=False)
        assert "Network is unreachable" in tried.stdout, tried.stdout


def test_every_component_of_the_sbom_is_complete(bundle: Path) -> None:
    text = archive.read(bundle, archive.index(bundle)["sbom.cdx.json"]).decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    value = json.loads(text)
    assert value["metadata"]["timestamp"].endswith("Z")
    assert len(value["components"]) > 300
    for key in ("supplier", "licenses"):
        assert [item["purl"] for item in value["components"] if not item.get(key)] == [], key


def test_slipway_itself_comes_from_the_bundle(machine: Machine) -> None:
    machine.run("tar", "-xf", FILE, "slipway-bundle/bootstrap.sh")
    said = machine.run("sh", "slipway-bundle/bootstrap.sh", FILE).stdout
    assert f"{PROGRAM} up --bundle {FILE}" in said
    assert "all as they were written" in machine.run(PROGRAM, "bundle", "verify", FILE).stdout


def test_up_from_the_bundle(machine: Machine) -> None:
    said = machine.run(PROGRAM, "up", "--bundle", FILE, seconds=1200).stdout
    assert "smoke test: passed" in said
    assert "built here" not in said
    state = json.loads(machine.run(PROGRAM, "cluster", "status", "--output", "json").stdout)
    assert state["state"] == "healthy"


def test_every_artifact_came_from_the_bundle(machine: Machine) -> None:
    found = machine.run("sh", "-c", 'cd ~/.cache/slipway && for f in */*/slipway.json; do cat "$f"; echo "---"; done')
    origins = {json.loads(text)["origin"] for text in found.stdout.split("---\n") if text.strip()}
    assert origins == {"bundle slipway.bundle"}


def test_up_again_changes_nothing_and_needs_no_bundle(machine: Machine) -> None:
    said = machine.run(PROGRAM, "up", "--overlay", "ci").stdout
    if "is not ready" in said:  # A pod that a busy machine kept from answering its probe is waited for: once.
        assert "changed" not in said, said
        said = machine.run(PROGRAM, "up", "--overlay", "ci").stdout
    assert "nothing to do" in said, said
    assert "smoke test: recorded" in said


def test_down_leaves_nothing(machine: Machine) -> None:
    machine.run(PROGRAM, "down", "--data")
    for path in ("/etc/kubernetes", "/var/lib/kubelet", "/var/lib/slipway", "/run/slipway", "/var/log/slipway"):
        assert machine.run("test", "-e", path, check=False).returncode != 0, path
    # The machine's first process and its pause, this command and its shell.
    left = machine.run("sh", "-c", "cat /proc/[0-9]*/comm").stdout.split()
    assert "sleep" in left
    assert set(left) <= {"bash", "cat", "sh", "sleep"}
    routes = machine.run("cat", "/proc/net/route").stdout.splitlines()
    assert [line.split()[0] for line in routes[1:]] == [airgap_machine.LINK]


def test_the_end_of_the_machine_leaves_nothing_here(machine: Machine) -> None:
    machine.end()
    assert not machine_cgroup.existing(airgap_machine.GROUP)
    mounts = Path("/proc/self/mountinfo").read_text()
    assert "slipway-airgap" not in mounts
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    assert airgap_machine.LINK not in links
