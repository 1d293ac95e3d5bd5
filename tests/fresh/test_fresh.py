"""A machine that has never seen Slipway: the README's two commands, from `git clone` on.

These tests run in their order, each on what the one before left. With FULL=1 nothing is lent to the machine, and the
first command runs to its end; without it, as far as one image of every kind, with this machine's download caches.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from fresh_machine import MEDIA, PROGRAMS

if TYPE_CHECKING:
    from fresh_machine import Fresh

FULL = os.environ.get("SLIPWAY_FRESH_FULL") == "1"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and mounts need root")


def test_the_machine_has_what_the_readme_names_and_nothing_more(machine: Fresh) -> None:
    for program in ("git", "make", "python3"):
        assert machine.has(program), program
    for program in ("mmdebstrap", "buildah", "skopeo", "containerd", "go", "node", "kubectl", "ip", "iptables", "curl"):
        assert not machine.has(program), program
    assert machine.run("ls /var/lib/apt/lists/*_*", cwd="/", check=False).returncode != 0


def test_a_clone(machine: Fresh) -> None:
    machine.run(f"git clone --quiet {MEDIA} slipway", cwd="/root")
    assert machine.run("git status --short").stdout == ""


@pytest.mark.skipif(not FULL, reason="half an hour: make fresh FULL=1")
def test_the_first_command_to_its_end(machine: Fresh) -> None:
    said = machine.run("make up", seconds=3600).stdout
    assert "smoke test: passed" in said
    state = json.loads(machine.run(".venv/bin/slipway cluster status --output json").stdout)
    assert state["state"] == "healthy"
    again = machine.run("make up").stdout
    assert "nothing to do" in again and "smoke test: recorded" in again


@pytest.mark.skipif(not FULL, reason="half an hour: make fresh FULL=1")
def test_down_leaves_nothing(machine: Fresh) -> None:
    machine.run("make down DATA=1")
    left = machine.run("cat /proc/[0-9]*/comm", cwd="/").stdout.split()
    assert set(left) <= {"bash", "cat", "sh", "sleep"}


def test_the_first_command_prepares_the_host_before_anything_else(machine: Fresh) -> None:
    said = machine.run("make up UNTIL=host", seconds=600).stdout
    assert "phase: host" in said
    if not FULL:
        assert said.index("phase: preflight") < said.index("host: packages: buildah") < said.index("phase: host")
    for program in ("mmdebstrap", "buildah", "skopeo", "containerd", "ganesha.nfsd", "iptables"):
        assert machine.has(program), program
    assert "packages" not in machine.run("make up UNTIL=host").stdout


def test_no_service_was_started(machine: Fresh) -> None:
    running = machine.run("cat /proc/[0-9]*/comm", cwd="/").stdout.split()
    assert not {"containerd", "ganesha.nfsd", "rpcbind"} & set(running)
    assert machine.run("test -e /usr/sbin/policy-rc.d", cwd="/", check=False).returncode != 0


def test_one_image_of_every_kind(machine: Fresh) -> None:
    """builder: Go and buildah; registry: apt; proxy: npm; seldon: pip. Their base: mmdebstrap."""
    machine.run(".venv/bin/slipway images build builder registry proxy seldon", seconds=1800)
    found = machine.run('for f in */*/slipway.json; do cat "$f"; echo ---; done', cwd="/root/.cache/slipway").stdout
    built = [json.loads(text) for text in found.split("---\n") if text.strip()]
    assert {item["origin"] for item in built} == {"build"}
    images = {item["name"] for item in built if item["kind"] == "image"}
    assert {"base", "builder", "registry", "proxy", "seldon"} <= images


@pytest.mark.parametrize("layer", ["make unit", "make render", ".venv/bin/pytest -q tests/api/test_plan.py"])
def test_layers_without_a_cluster(machine: Fresh, layer: str) -> None:
    """What they need is theirs to bring: neither `up` nor another layer ran here. (Programs that take half an hour to
    compile are lent, where this machine has them.)"""
    if not FULL:
        machine.run(f"[ ! -d {PROGRAMS} ] || cp -a -n {PROGRAMS}/. /root/.cache/slipway/binaries/", cwd="/")
    said = machine.run(layer, seconds=1800).stdout
    assert " passed" in said and " failed" not in said
