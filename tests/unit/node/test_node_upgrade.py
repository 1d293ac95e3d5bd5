"""Which upgrades of the node's Kubernetes are taken, what is told of them, and what an older cluster keeps."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from slipway.errors import BadInput
from slipway.kube.minor import minor
from slipway.node import NodeConfig, containerd, containers, images, kubeadm, settings, state, upgrading, versions


@pytest.mark.parametrize(
    ("now", "target", "todo"),
    [
        ("v1.36.3", "v1.37.2", True),
        ("v1.37.0", "v1.37.2", True),
        ("v1.37.2", "v1.37.2", False),
        ("v1.37.9", "v1.37.10", True),
    ],
)
def test_steps_that_kubeadm_takes(now: str, target: str, todo: bool) -> None:
    assert versions.check(now, target) is todo


@pytest.mark.parametrize(
    ("now", "target", "said"),
    [
        ("v1.34.4", "v1.37.2", "leaves out 1.35, 1.36"),
        ("v1.35.0", "v1.37.2", "leaves out 1.36"),
        ("v1.38.0", "v1.37.2", "nothing goes back"),
        ("v1.37.10", "v1.37.2", "nothing goes back"),
    ],
)
def test_others_are_refused_by_name(now: str, target: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        versions.check(now, target)
    assert now in caught.value.what and target in caught.value.what
    assert said in caught.value.what
    assert caught.value.remedy


def test_a_skip_is_told_its_way_out() -> None:
    with pytest.raises(BadInput) as caught:
        versions.check("v1.34.4", "v1.37.2")
    assert "brings 1.35" in caught.value.remedy
    assert "slipway backup create" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "pair"),
    [("v1.37.2", (1, 37)), ("1.9", (1, 9)), ("v1.37.2-gke.100", (1, 37)), ("", (0, 0)), ("latest", (0, 0))],
)
def test_minors_are_compared_as_numbers(text: str, pair: tuple[int, int]) -> None:
    assert minor(text) == pair


def test_what_would_change_is_told_of_our_images_alone() -> None:
    there = {"slipway.local/etcd:3.6.8-0", "slipway.local/coredns:v1.14.6", "registry.example/other/etcd:1"}
    tags = ("slipway.local/etcd:3.7.0-0", "slipway.local/coredns:v1.14.6")
    assert upgrading.different(there, tags) == ["etcd 3.6.8-0 → 3.7.0-0"]


def test_kubeadm_upgrades_to_our_version_and_pulls_nothing() -> None:
    config = NodeConfig()
    apply = kubeadm.upgrade_configuration(config)["apply"]
    assert apply["kubernetesVersion"] == config.kubernetes_version
    assert apply["imagePullPolicy"] == "Never"
    assert apply["patches"] == kubeadm.init_configuration(config, "192.0.2.7")["patches"]


@pytest.fixture
def older(tmp_path: Path) -> NodeConfig:
    """A configuration of this version, and the traces of a cluster of the version before."""
    config = NodeConfig(state=tmp_path / "s", kubernetes=tmp_path / "k", kubernetes_version="v1.37.2")
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / "admin.conf").touch()
    state.mark_initialised(NodeConfig(state=config.state, kubernetes=config.kubernetes, kubernetes_version="v1.36.3"))
    return config


def test_a_cluster_is_of_its_own_version_until_it_is_upgraded(older: NodeConfig) -> None:
    assert state.version(older) == "v1.36.3"
    assert state.kept(older)
    state.mark_initialised(older)
    assert state.version(older) == "v1.37.2"
    assert not state.kept(older)


def test_without_a_cluster_nothing_is_kept(tmp_path: Path) -> None:
    config = NodeConfig(state=tmp_path / "s", kubernetes=tmp_path / "k")
    assert state.version(config) == ""
    assert not state.kept(config)


def test_an_older_cluster_lacks_no_image_of_this_version(older: NodeConfig) -> None:
    assert not images.lacks_control_plane(older, "")
    state.mark_initialised(older)
    assert images.lacks_control_plane(older, "")


def test_an_older_cluster_keeps_its_pause_image(older: NodeConfig) -> None:
    path, plugin = older.state / "containerd.toml", "io.containerd.grpc.v1.cri"
    path.write_text(
        containerd.configuration(older, driver="cgroupfs", restrict_oom=True, sandbox="slipway.local/pause:3.9")
    )

    def named() -> str:
        containers.configure(older)
        return str(tomllib.loads(path.read_text())["plugins"][plugin]["sandbox_image"])

    assert named() == "slipway.local/pause:3.9"
    state.mark_initialised(older)
    assert named() == settings.PAUSE
