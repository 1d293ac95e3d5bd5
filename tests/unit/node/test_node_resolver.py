"""Name servers for Pods where the machine has some, none, or no file at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from slipway.node import kubeadm, resolver
from slipway.node.config import NodeConfig


@pytest.fixture
def config(tmp_path: Path) -> NodeConfig:
    return NodeConfig(state=tmp_path / "state")


def test_a_machine_with_a_name_server_is_left_alone(config: NodeConfig, tmp_path: Path) -> None:
    host = tmp_path / "resolv.conf"
    host.write_text("search example.org\nnameserver 192.0.2.53\n")
    assert resolver.prepare(config, "192.0.2.1", host) == ""
    assert not config.state.exists()


@pytest.mark.parametrize("text", [None, "", "search example.org\n", "# nameserver 192.0.2.53\n"])
def test_without_one_pods_ask_the_node(config: NodeConfig, tmp_path: Path, text: str | None) -> None:
    host = tmp_path / "resolv.conf"
    if text is not None:
        host.write_text(text)
    path = Path(resolver.prepare(config, "192.0.2.1", host))
    assert resolver.has_server(path)
    assert "nameserver 192.0.2.1\n" in path.read_text()


def test_a_network_that_comes_later_is_followed(config: NodeConfig, tmp_path: Path) -> None:
    host = tmp_path / "resolv.conf"
    path = resolver.prepare(config, "192.0.2.1", host)
    host.write_text("nameserver 192.0.2.53\n")
    assert resolver.prepare(config, "192.0.2.1", host) == path
    assert Path(path).read_text() == "nameserver 192.0.2.53\n"


def test_the_kubelet_is_told() -> None:
    def kubelet(**more: str) -> dict[str, object]:
        text = kubeadm.text(NodeConfig(), address="192.0.2.1", driver="cgroupfs", **more)
        return next(item for item in yaml.safe_load_all(text) if item["kind"] == "KubeletConfiguration")

    assert kubelet(resolv_conf="/some/file")["resolvConf"] == "/some/file"
    assert "resolvConf" not in kubelet()
