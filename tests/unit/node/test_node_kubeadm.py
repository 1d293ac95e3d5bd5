"""kubeadm's configuration, read back."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from slipway.node import NodeConfig, kubeadm, kubelet, patches, settings


def documents(config: NodeConfig | None = None) -> dict[str, dict[str, Any]]:
    text = kubeadm.text(config or NodeConfig(), address="192.0.2.7", driver="cgroupfs")
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def arguments(part: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in part["extraArgs"]}


def test_all_four_parts_in_their_current_versions() -> None:
    found = documents()
    assert {kind: document["apiVersion"] for kind, document in found.items()} == {
        "InitConfiguration": "kubeadm.k8s.io/v1beta4",
        "ClusterConfiguration": "kubeadm.k8s.io/v1beta4",
        "KubeletConfiguration": "kubelet.config.k8s.io/v1beta1",
        "KubeProxyConfiguration": "kubeproxy.config.k8s.io/v1alpha1",
    }


def test_the_node_carries_the_platform() -> None:
    registration = documents()["InitConfiguration"]["nodeRegistration"]
    assert registration["taints"] == []
    assert registration["name"] == "slipway"
    assert registration["criSocket"] == "unix:///run/slipway/containerd/containerd.sock"


def test_the_address_is_advertised_and_in_the_certificate() -> None:
    found = documents()
    assert found["InitConfiguration"]["localAPIEndpoint"]["advertiseAddress"] == "192.0.2.7"
    assert {"192.0.2.7", "127.0.0.1"} <= set(found["ClusterConfiguration"]["apiServer"]["certSANs"])
    assert {"name": "node-ip", "value": "192.0.2.7"} in found["InitConfiguration"]["nodeRegistration"][
        "kubeletExtraArgs"
    ]


def test_logs_and_exec_go_to_the_address_since_no_dns_knows_the_name() -> None:
    types = arguments(documents()["ClusterConfiguration"]["apiServer"])["kubelet-preferred-address-types"]
    assert types.split(",")[0] == "InternalIP"


def test_networks_and_places_come_from_the_configuration() -> None:
    config = NodeConfig(pod_cidr="10.50.0.0/16", service_cidr="10.60.0.0/16", dns_domain="lab.internal")
    found = documents(config)
    assert found["ClusterConfiguration"]["networking"] == {
        "podSubnet": "10.50.0.0/16",
        "serviceSubnet": "10.60.0.0/16",
        "dnsDomain": "lab.internal",
    }
    assert found["KubeProxyConfiguration"]["clusterCIDR"] == "10.50.0.0/16"
    assert found["ClusterConfiguration"]["etcd"]["local"]["dataDir"] == "/var/lib/slipway/etcd"


def test_images_built_here_are_never_collected() -> None:
    found = documents()["KubeletConfiguration"]
    assert found["imageGCHighThresholdPercent"] == 100
    assert found["imageGCLowThresholdPercent"] < 100


def test_machines_with_cgroup_v1_and_swap_are_taken() -> None:
    found = documents()["KubeletConfiguration"]
    assert found["failCgroupV1"] is False
    assert found["imagePullCredentialsVerificationPolicy"] == "NeverVerify"
    assert found["failSwapOn"] is False
    assert found["cgroupDriver"] == "cgroupfs"


def test_read_only_connection_tracking_limits_are_left_alone() -> None:
    conntrack = documents()["KubeProxyConfiguration"]["conntrack"]
    assert conntrack["maxPerCore"] == 0 and conntrack["min"] == 0


def test_containerd_and_kubeadm_want_the_same_pause_image() -> None:
    repository = documents()["ClusterConfiguration"]["imageRepository"]
    assert settings.PAUSE.startswith(repository + "/pause:")


def test_the_control_plane_asks_for_less_than_half_a_core() -> None:
    total = 0
    for name, text in patches.files().items():
        if name.startswith("coredns"):
            continue
        (container,) = json.loads(text)["spec"]["containers"]
        assert name == f"{container['name']}+strategic.json"
        total += int(container["resources"]["requests"]["cpu"].removesuffix("m"))
    assert total < 500


def test_coredns_is_one_and_names_its_program() -> None:
    spec = json.loads(patches.files()["corednsdeployment+strategic.json"])["spec"]
    assert spec["replicas"] == 1
    assert spec["template"]["spec"]["containers"][0]["command"] == ["/coredns"]


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ('KUBELET_KUBEADM_ARGS="--node-ip=192.0.2.7 --a=b"\n', ["--node-ip=192.0.2.7", "--a=b"]),
        ('# note\nKUBELET_KUBEADM_ARGS="--x=1"\n', ["--x=1"]),
        ('KUBELET_KUBEADM_ARGS=""\n', []),
        ("", []),
    ],
)
def test_kubeadms_flags_file(text: str, flags: list[str]) -> None:
    assert kubelet.kubeadm_flags(text) == flags


def test_the_kubelets_command_line() -> None:
    command = kubelet.command(NodeConfig(), ["--node-ip=192.0.2.7"])
    assert command[0] == "/var/lib/slipway/bin/kubelet"
    assert "--config=/var/lib/kubelet/config.yaml" in command
    assert command[-1] == "--node-ip=192.0.2.7"
