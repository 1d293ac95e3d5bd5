"""cluster.yml over ssh: a control plane and a worker, joined by kubeadm; Pods that talk across hosts."""

from __future__ import annotations

import json
from typing import Any

import hosts_pods as pods
import pytest
from slipway.kube import Client, ref_of

NODES = ("control", "worker")


@pytest.fixture(scope="module")
def addresses(kube: Client) -> dict[str, str]:
    """A server with a Service on each host: its Pod's address, by host. They go with the cluster."""
    for name in NODES:
        kube.create(pods.service(name))
        kube.create(pods.server(name, name))
    return {name: pods.ready_address(kube, name) for name in NODES}


def test_it_was_foretold_and_done(cluster: Any) -> None:
    for name in NODES:
        assert cluster.done[name]["changed"] > 10
        assert cluster.done[name]["failed"] == 0
    assert cluster.foretold() == {"What would be installed"}
    # They follow from what was foretold: packages, the archive of the images, the token of a join, the network.
    assert cluster.unforeseen() <= {
        "Install what is missing",
        "Restart containerd",
        "Enable and start it",
        "Send the archive",
        "Make a token",
        "Configuration of the join",
        "The file",
        "The token",
        "Put it there",
    }


def test_a_second_run_changes_nothing(fleet: Any, describe: Any, cluster: Any) -> None:
    again = fleet.play(describe(), "cluster.yml")
    assert {name: again[name]["changed"] for name in NODES} == dict.fromkeys(NODES, 0)
    checked = fleet.play(describe(), "cluster.yml", "--check", "--diff")
    assert {name: checked[name]["changed"] for name in NODES} == dict.fromkeys(NODES, 0)


@pytest.mark.parametrize("name", NODES)
def test_packages_files_and_services(seen: Any, cluster: Any, name: str) -> None:
    host = seen(name)
    for package in ("containerd", "runc", "containernetworking-plugins", "nfs-common"):
        assert host.package(package).is_installed
    for service in ("containerd", "kubelet"):
        assert host.service(service).is_running
        assert host.service(service).is_enabled
    kubelet = host.file("/etc/kubernetes/kubelet.conf")
    assert (kubelet.user, kubelet.mode) == ("root", 0o600)
    assert host.file("/usr/local/bin/kubeadm").linked_to == "/usr/local/lib/slipway/kubernetes"
    assert host.socket("tcp://:::10250").is_listening
    assert host.socket("tcp://:::6443").is_listening == (name == "control")
    assert host.sysctl("net.ipv4.ip_forward") == 1
    opened = host.run("ufw show added").stdout.splitlines()
    # The worker's firewall is on; the control plane's is not, and stays so.
    assert ("ufw allow 8472/udp" in opened) == (name == "worker")
    (vxlan,) = json.loads(host.run("ip -j -d link show flannel.1").stdout)
    assert vxlan["linkinfo"]["info_kind"] == "vxlan"
    # What no rule of kube-proxy takes up does not leave the host.
    assert " -d 10.96.0.0/12 -j REJECT" in host.run("iptables -S SLIPWAY-SERVICES").stdout
    for hook in ("FORWARD", "OUTPUT"):
        assert host.run(f"iptables -S {hook}").stdout.count("-j SLIPWAY-SERVICES") == 1


def test_both_nodes_are_ready_under_their_addresses(fleet: Any, kube: Client) -> None:
    assert pods.node_names(kube) == dict.fromkeys(NODES, True)
    for node in kube.objects("v1", "Node"):
        name = node["metadata"]["name"]
        found = {item["type"]: item["address"] for item in node["status"]["addresses"]}
        assert found["InternalIP"] == fleet.machines[name].address
        tainted = any(item["key"].endswith("/control-plane") for item in node["spec"].get("taints", []))
        assert tainted == (name == "control")


def test_nothing_of_the_join_is_left(fleet: Any, kube: Client) -> None:
    secrets = [item["metadata"]["name"] for item in kube.objects("v1", "Secret", "kube-system")]
    # kubeadm's own lives for a minute; nobody knows it.
    tokens = [name for name in secrets if name.startswith("bootstrap-token-")]
    assert len(tokens) <= 1
    assert "kubeadm-certs" not in secrets
    for name in NODES:
        assert "gone" in fleet.ssh(name, "test -e /etc/slipway-cluster/join.yaml || echo gone")
        assert "token" not in fleet.ssh(name, "journalctl --no-pager | grep -o 'kubeadm join.*token.*' || true")


@pytest.mark.parametrize(("asker", "server"), [("control", "worker"), ("worker", "control"), ("worker", "worker")])
def test_pods_talk_across_hosts(kube: Client, addresses: dict[str, str], asker: str, server: str) -> None:
    assert pods.ask(kube, asker, f"http://{addresses[server]}:{pods.PORT}") == server
    # By the Service's name: name service and the Service's address, both of which may be on the other host.
    assert pods.ask(kube, asker, f"http://{server}.{pods.NAMESPACE}.svc.cluster.local") == server


def test_logs_of_the_other_host_can_be_read(fleet: Any, addresses: dict[str, str]) -> None:
    fleet.ssh("control", "kubectl --kubeconfig /etc/kubernetes/admin.conf logs worker")


def test_a_claim_is_mounted_where_the_kernel_can(fleet: Any, nfs: Any, kube: Client, seen: Any) -> None:
    """Elsewhere the kubelet gets as far as asking the server of the other host, and says what is missing."""
    volume = {"name": "data", "nfs": {"server": fleet.machines["store"].address, "path": "/data"}}
    pod = pods.server("mounts", "worker")
    pod["spec"]["volumes"] = [volume]
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    made = kube.create(pod)
    try:
        if "nfs4" in seen("worker").file("/proc/filesystems").content_string.split():
            pods.ready_address(kube, "mounts")
            assert kube.exec(pods.NAMESPACE, "mounts", ["sh", "-c", "echo pod >/data/pod"]).code == 0
            assert fleet.ssh("store", "cat /srv/slipway-nfs/data/pod").strip() == "pod"
        else:
            messages: list[str] = []

            def said() -> bool:
                events = kube.objects("v1", "Event", pods.NAMESPACE)
                mine = [item for item in events if item["involvedObject"]["name"] == "mounts"]
                messages[:] = [item["message"] for item in mine if item["reason"] == "FailedMount"]
                return any("mount.nfs" in text or "mount -t nfs" in text for text in messages)

            pods.until(said, lambda: f"no word of the mount: {messages}", 120)
            pytest.skip(f"this kernel has no NFS client; the kubelet tried, and said: {messages[0][:200]}")
    finally:
        kube.delete(ref_of(made))


def test_wrong_variables_are_refused_before_anything_happens(fleet: Any, describe: Any, cluster: Any) -> None:
    with pytest.raises(AssertionError, match="cluster_backend"):
        fleet.play(describe(), "cluster.yml", "--check", cluster_backend="carrier-pigeon")
    with pytest.raises(AssertionError, match="made with other settings"):
        fleet.play(describe(), "cluster.yml", "--check", cluster_service_cidr="10.97.0.0/16")


def test_a_worker_leaves_and_comes_back(fleet: Any, describe: Any, seen: Any, kube: Client) -> None:
    gone = fleet.play(describe(former=True), "cluster.yml")
    assert gone["worker"]["changed"] > 0
    assert pods.node_names(kube) == {"control": True}
    worker = seen("worker")
    for path in ("/etc/kubernetes", "/var/lib/kubelet", "/usr/local/bin/kubelet", "/etc/slipway-cluster"):
        assert not worker.file(path).exists
    assert not worker.process.filter(comm="kubelet")
    rules = fleet.ssh("worker", "iptables-save")
    assert not [name for name in ("KUBE-", "SLIPWAY-") if name in rules]
    assert fleet.ssh("worker", "ufw show added").splitlines()[1:] == ["ufw allow 22/tcp"]
    assert not {"cni0", "flannel.1"} & set(fleet.ssh("worker", "ls /sys/class/net").split())
    again = fleet.play(describe(former=True), "cluster.yml")
    assert {name: again[name]["changed"] for name in NODES} == dict.fromkeys(NODES, 0)
    fleet.play(describe(), "cluster.yml")
    assert pods.node_names(kube) == dict.fromkeys(NODES, True)
    back = kube.create(pods.server("back", "worker"))
    address = pods.ready_address(kube, "back")
    try:
        control = pods.server("asks", "control")
        kube.create(control)
        pods.ready_address(kube, "asks")
        assert pods.ask(kube, "asks", f"http://{address}:{pods.PORT}") == "back"
    finally:
        kube.delete(ref_of(back))


def test_uninstalled_nothing_of_it_is_left(fleet: Any, describe: Any, seen: Any, kube: Client) -> None:
    done = fleet.play(describe(), "uninstall.yml", uninstall_cluster=True)
    assert all(done[name]["changed"] > 0 for name in NODES)
    for name in NODES:
        host = seen(name)
        for path in ("/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd", "/usr/local/lib/slipway/kubernetes"):
            assert not host.file(path).exists
        assert not [item for item in host.process.filter() if item.comm in ("kubelet", "etcd", "kube-apiserver")]
    again = fleet.play(describe(), "uninstall.yml", uninstall_cluster=True)
    assert {name: again[name]["changed"] for name in NODES} == dict.fromkeys(NODES, 0)
