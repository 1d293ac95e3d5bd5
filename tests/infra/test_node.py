"""The embedded node, seen from the machine: packages, processes, ports, exports, mounts, owners."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slipway import paths
from slipway.kube import Client, Obj, ref_of
from slipway.node.cni import BRIDGE
from slipway.node.config import VOLUMES
from slipway.paths import KUBECONFIG

EXPORTS = paths.DATA / "nfs"


@pytest.fixture(scope="module")
def kube() -> Client:
    """A client of the embedded cluster. Without one the tests fail, they are never skipped."""
    client = Client.from_kubeconfig(KUBECONFIG)
    client.request("GET", "/readyz")
    return client


@pytest.fixture(scope="module")
def address(kube: Client) -> str:
    addresses = kube.objects("v1", "Node")[0]["status"]["addresses"]
    return str(next(item["address"] for item in addresses if item["type"] == "InternalIP"))


@pytest.mark.parametrize(
    "name", ["containerd", "runc", "containernetworking-plugins", "nfs-ganesha", "nfs-ganesha-vfs"]
)
def test_packages(host: Any, name: str) -> None:
    assert host.package(name).is_installed


@pytest.mark.parametrize("comm", ["containerd", "kubelet", "etcd", "kube-apiserver", "kube-scheduler", "kube-proxy"])
def test_processes(host: Any, comm: str) -> None:
    found = host.process.filter(comm=comm)
    assert found
    assert {item.user for item in found} == {"root"}


def test_the_volumes_server_runs_with_the_nodes_configuration(host: Any) -> None:
    assert [item for item in host.process.filter(comm="ganesha.nfsd") if str(paths.STATE) in item.args]


@pytest.mark.parametrize("port", [6443, 2049])
def test_listening_ports(host: Any, port: int) -> None:
    assert host.socket(f"tcp://0.0.0.0:{port}").is_listening or host.socket(f"tcp://:::{port}").is_listening


@pytest.mark.parametrize("port", [2379, 10257, 10259])
def test_ports_that_are_nobody_elses_business(host: Any, port: int) -> None:
    """etcd's clients need a certificate; the control plane's own ports stay on the machine."""
    assert not host.socket(f"tcp://0.0.0.0:{port}").is_listening
    assert not host.socket(f"tcp://:::{port}").is_listening


def test_the_gateways_port_answers(address: str) -> None:
    """No process listens on a NodePort: the kernel passes it on."""
    with socket.create_connection((address, 30080), timeout=10) as connection:
        connection.sendall(b"GET /ambassador/v0/check_ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"Ambassador is ready and waiting\n")


@pytest.mark.parametrize("name", ["admin.conf", "super-admin.conf", "controller-manager.conf", "scheduler.conf"])
def test_keys_are_for_root_only(host: Any, name: str) -> None:
    found = host.file(f"/etc/kubernetes/{name}")
    assert (found.user, found.group, found.mode) == ("root", "root", 0o600)


def test_etcds_data_is_for_root_only(host: Any) -> None:
    found = host.file(str(paths.STATE / "etcd"))
    assert (found.user, found.mode) == ("root", 0o700)


@pytest.mark.parametrize("volume", VOLUMES)
def test_owners_of_volumes(host: Any, volume: str) -> None:
    found = host.file(str(EXPORTS / volume))
    assert found.is_directory
    assert (found.uid, found.gid) == (1000, 100)
    # Members of the group write, and what they make is the group's; others make what is their own.
    assert found.mode & 0o7777 == 0o3777


def test_the_machines_own_users_are_kept_out_of_volumes(host: Any) -> None:
    found = host.file(str(EXPORTS))
    assert (found.user, found.mode) == ("root", 0o700)


def test_exports_over_the_protocol(address: str) -> None:
    done = subprocess.run(
        ["nfs-ls", f"nfs://{address}/?version=4"], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {line.split()[-1] for line in done.stdout.splitlines()} == set(VOLUMES)


@pytest.fixture
def writer(kube: Client) -> Iterator[Obj]:
    """A Pod of an ordinary user that has the claim `data`."""
    name = f"infra-{secrets.token_hex(4)}"
    locked = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "writer",
        "image": "slipway.local/base:0.1.0",
        "command": ["sh", "-c", f"echo {name} >/data/{name} && sleep 600"],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "securityContext": locked,
    }
    user = {"runAsNonRoot": True, "runAsUser": 65532, "fsGroup": 100, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        "securityContext": user,
        "terminationGracePeriodSeconds": 0,
        "restartPolicy": "Never",
    }
    meta = {"name": name, "namespace": "workbench"}
    created = kube.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    yield created
    kube.delete(ref_of(created))
    (EXPORTS / "data" / name).unlink(missing_ok=True)


def _until(true: Any, what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what} not within {seconds:.0f} s"
        time.sleep(0.2)


def test_a_pods_volume_is_mounted_and_gone_with_it(host: Any, kube: Client, writer: Obj) -> None:
    meta = writer["metadata"]
    written = EXPORTS / "data" / meta["name"]
    _until(written.exists, "the Pod wrote its file")
    assert written.read_text().strip() == meta["name"]
    assert host.file(str(written)).uid == 65532
    mount = f"/var/lib/kubelet/pods/{meta['uid']}/volumes/kubernetes.io~nfs/"
    (point,) = [item for item in _mounts() if item.startswith(mount)]
    assert (Path(point) / meta["name"]).exists()
    assert host.mount_point(point).exists
    kube.delete(ref_of(writer))
    _until(lambda: not [item for item in _mounts() if item.startswith(mount)], "the mount is gone")


#: Says how a connection to each address and port ended.
CONNECT = """
import socket, sys
for place in sys.argv[1:]:
    address, port = place.split(":")
    try:
        socket.create_connection((address, int(port)), timeout=5).close()
        print("connected")
    except OSError as error:
        print(type(error).__name__)
"""


def test_what_no_service_takes_up_stays_on_the_node(kube: Client, writer: Obj) -> None:
    """A packet that followed the default route could be answered there: a hub was, by a proxy of the network."""
    (service,) = [item for item in kube.objects("v1", "Service", "default") if item["metadata"]["name"] == "kubernetes"]
    known = f"{service['spec']['clusterIP']}:443"
    unknown = ("10.111.255.254:80", "10.96.255.254:8081")
    meta = writer["metadata"]
    _until(lambda: _phase(kube, meta) == "Running", "the Pod runs")
    inside = kube.exec(meta["namespace"], meta["name"], ["python3", "-c", CONNECT, known, *unknown], timeout=30)
    assert inside.stdout.split() == ["connected", "ConnectionRefusedError", "ConnectionRefusedError"], inside
    command = [sys.executable, "-c", CONNECT, known, *unknown]
    outside = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert outside.stdout.split() == ["connected", "ConnectionRefusedError", "ConnectionRefusedError"]


def _phase(kube: Client, meta: Obj) -> str:
    pod = kube.get("v1", "Pod", meta["name"], meta["namespace"]) or {}
    return str(pod.get("status", {}).get("phase"))


def _mounts() -> list[str]:
    return [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]


def test_the_pods_bridge_has_the_first_address_of_their_network(host: Any) -> None:
    (bridge,) = json.loads(host.run(f"ip -j address show {BRIDGE}").stdout)
    assert "10.244.0.1" in {item["local"] for item in bridge["addr_info"]}
