"""containerd's files, read back as it reads them."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from slipway.node import NodeConfig, containerd

CRI = "io.containerd.grpc.v1.cri"


def parsed(**arguments: Any) -> dict[str, Any]:
    settings = {"driver": "cgroupfs", "restrict_oom": False, **arguments}
    return tomllib.loads(containerd.configuration(NodeConfig(), **settings))


def test_nothing_is_shared_with_a_containerd_of_the_distribution() -> None:
    found = parsed()
    assert found["version"] == 2
    places = [found["root"], found["state"], found["grpc"]["address"], found["plugins"][CRI]["cni"]["conf_dir"]]
    places.append(found["plugins"]["io.containerd.internal.v1.opt"]["path"])
    assert all("/slipway/" in place for place in places)


@pytest.mark.parametrize(("driver", "systemd"), [("cgroupfs", False), ("systemd", True)])
def test_the_cgroup_driver_is_the_kubelets(driver: str, systemd: bool) -> None:
    runc = parsed(driver=driver)["plugins"][CRI]["containerd"]["runtimes"]["runc"]
    assert runc["options"]["SystemdCgroup"] is systemd
    assert runc["runtime_type"] == "io.containerd.runc.v2"


@pytest.mark.parametrize("restrict", [True, False])
def test_oom_scores_are_restricted_where_they_must_be(restrict: bool) -> None:
    assert parsed(restrict_oom=restrict)["plugins"][CRI]["restrict_oom_score_adj"] is restrict


def test_the_sandbox_image_is_ours() -> None:
    assert parsed()["plugins"][CRI]["sandbox_image"] == "slipway.local/pause:3.10.2"


@pytest.mark.skipif(shutil.which("containerd") is None, reason="containerd is not installed")
def test_containerd_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(containerd.configuration(NodeConfig(state=tmp_path), driver="cgroupfs", restrict_oom=True))
    done = subprocess.run(
        ["containerd", "--config", str(path), "config", "dump"], capture_output=True, text=True, check=True
    )
    dumped = tomllib.loads(done.stdout)
    assert dumped["plugins"][CRI]["restrict_oom_score_adj"] is True
    assert dumped["plugins"][CRI]["netns_mounts_under_state_dir"] is True
    assert dumped["plugins"][CRI]["registry"]["config_path"] == str(tmp_path / "containerd-certs.d")


def test_the_registry_is_reached_by_its_node_port() -> None:
    hosts = tomllib.loads(containerd.registry_hosts(NodeConfig(registry_node_port=31000)))
    assert hosts["server"] == "http://127.0.0.1:31000"
    assert hosts["host"]["http://127.0.0.1:31000"]["capabilities"] == ["pull", "resolve", "push"]
