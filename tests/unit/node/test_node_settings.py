"""What the playbooks' templates make of the settings is what this machine's node has."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import jinja2
import pytest
import yaml
from slipway import paths
from slipway.node import NodeConfig, containerd, kubeadm, nfs, settings

ROLES = paths.distribution() / "playbooks/roles"
VALUES: dict[str, Any] = {
    "ansible_managed": "made by a test",
    "cluster_address": "192.0.2.7",
    "cluster_directory": "/etc/slipway-cluster",
    "cluster_name": "slipway",
    "cluster_target": "v1.2.3",
    "cluster_control_plane_endpoint": "",
    "cluster_pod_cidr": "10.244.0.0/16",
    "cluster_service_cidr": "10.96.0.0/12",
    "cluster_dns_domain": "cluster.local",
    "cluster_cgroup_driver": "systemd",
    "cluster_node_name": "one",
    "cluster_socket": "unix:///run/containerd/containerd.sock",
    "cluster_is_control_plane": True,
    "cluster_pods_on_control_planes": True,
    "cluster_cni_plugins": "/usr/lib/cni",
    "cluster_may_adjust_oom": True,
    # As the playbooks get them: by way of JSON.
    "cluster_node_settings": json.loads(json.dumps(settings.exported())),
}


def rendered(name: str, role: str = "cluster", values: dict[str, Any] = VALUES) -> str:
    """A template as Ansible fills it; its filters that the templates use are these."""
    environment = jinja2.Environment(  # no HTML
        loader=jinja2.FileSystemLoader(ROLES / role / "templates"), trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"to_json": json.dumps, "to_nice_yaml": yaml.safe_dump, "bool": bool}
    return environment.get_template(name).render(values)


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    return {document["kind"]: document for document in yaml.safe_load_all(rendered("init.yaml.j2"))}


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    found = kubeadm.documents(NodeConfig(), address="192.0.2.7", driver="systemd")
    return {document["kind"]: document for document in found}


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("KubeletConfiguration", {"podLogsDir", "maxPods", "nodeStatusUpdateFrequency", "shutdownGracePeriod"}),
        ("KubeProxyConfiguration", set()),
    ],
)
def test_hosts_are_set_as_this_machine_is(
    theirs: dict[str, Any], ours: dict[str, Any], kind: str, own: set[str]
) -> None:
    assert theirs[kind] == {key: value for key, value in ours[kind].items() if key not in own}


@pytest.mark.parametrize("program", ["apiServer", "controllerManager", "scheduler"])
def test_programs_have_the_flags_of_every_cluster(theirs: dict[str, Any], ours: dict[str, Any], program: str) -> None:
    flags, wanted = (found["ClusterConfiguration"][program]["extraArgs"] for found in (theirs, ours))
    assert flags
    assert [flag for flag in flags if flag not in wanted] == []


def test_kubeadm_leaves_out_what_the_playbook_asks_itself(theirs: dict[str, Any]) -> None:
    registration = theirs["InitConfiguration"]["nodeRegistration"]
    assert set(registration["ignorePreflightErrors"]) < set(kubeadm.IGNORED)


def test_containerd_has_the_same_pause_image() -> None:
    found = tomllib.loads(rendered("containerd.toml.j2"))
    own = tomllib.loads(containerd.configuration(NodeConfig(), driver="systemd", restrict_oom=False))
    for key in ("sandbox_image", "max_concurrent_downloads", "restrict_oom_score_adj"):
        name = "io.containerd.grpc.v1.cri"
        assert found["plugins"][name][key] == own["plugins"][name][key]


def test_a_host_exports_as_this_machine_does() -> None:
    config = NodeConfig()
    values = {
        "ansible_managed": "made by a test",
        "nfs_server_port": nfs.PORT,
        "nfs_server_address": "192.0.2.7",
        "nfs_server_state": config.state / "nfs",
        "nfs_server_root": config.exports,
        "nfs_server_volumes": list(config.volumes),
        "nfs_server_uid": config.nfs_uid,
        "nfs_server_gid": config.nfs_gid,
        "nfs_server_clients": ["192.0.2.0/24", "127.0.0.1"],
    }
    theirs = rendered("ganesha.conf.j2", "nfs_server", values).splitlines()
    ours = nfs.configuration(config, list(enumerate(config.volumes, 1)), ["192.0.2.0/24", "127.0.0.1"]).splitlines()
    assert [line for line in theirs[1:] if "Bind_addr" not in line] == ours[1:]
