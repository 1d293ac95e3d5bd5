"""nfs.yml over ssh: the server on one host, its clients on others."""

from __future__ import annotations

import secrets
import socket
from typing import Any

import pytest

VOLUMES = ("data", "outputs", "logs", "repos", "upload", "deployments")
LISTENS = "bash -c '</dev/tcp/127.0.0.1/2049'"


@pytest.fixture(scope="module")
def client(fleet: Any) -> str:
    """The name of a host that speaks NFS by libnfs: the kernel need not."""
    fleet.ssh("worker", "apt-get update -q && apt-get install -q -y --no-install-recommends libnfs-utils", timeout=300)
    return "worker"


def url(fleet: Any, path: str = "") -> str:
    return f"'nfs://{fleet.machines['store'].address}/{path}?version=4'"


def test_it_is_foretold_done_and_then_left_alone(fleet: Any, describe: Any, nfs: Any) -> None:
    assert nfs.done["store"]["changed"] > 5
    assert nfs.foretold() == {"What would be installed"}
    # They follow from what was foretold: packages, and units that a check cannot ask for yet.
    assert nfs.unforeseen() <= {
        "Install what is missing",
        "The package's own service stays off",
        "Enable and start the unit",
        "Enable and start it",
        "Restart the NFS server under systemd",
        "Restart the kernel's NFS server",
    }
    assert fleet.play(describe(), "nfs.yml")["store"]["changed"] == 0
    assert fleet.play(describe(), "nfs.yml", "--check", "--diff")["store"]["changed"] == 0


def test_package_service_and_port(seen: Any, nfs: Any) -> None:
    store = seen("store")
    kernel = "nfsd" in store.file("/proc/filesystems").content_string.split()
    assert store.package("nfs-kernel-server" if kernel else "nfs-ganesha-vfs").is_installed
    service = store.service("nfs-server" if kernel else "slipway-nfs")
    assert service.is_running
    assert service.is_enabled
    assert store.run(LISTENS).rc == 0


@pytest.mark.parametrize("volume", VOLUMES)
def test_directories(seen: Any, nfs: Any, volume: str) -> None:
    found = seen("store").file(f"/srv/slipway-nfs/{volume}")
    assert (found.is_directory, found.uid, found.gid, oct(found.mode)) == (True, 1000, 100, "0o3775")


def test_another_host_sees_the_exports_writes_and_reads(fleet: Any, seen: Any, nfs: Any, client: str) -> None:
    listed = fleet.ssh(client, f"nfs-ls {url(fleet)}")
    assert {line.split()[-1] for line in listed.splitlines()} == set(VOLUMES)
    word = secrets.token_hex(8)
    fleet.ssh(client, f"echo {word} >/root/word && nfs-cp /root/word {url(fleet, 'data/word')}")
    written = seen("store").file("/srv/slipway-nfs/data/word")
    # By a client's root, who is the volumes' owner here.
    assert (written.content_string.strip(), written.uid, written.gid) == (word, 1000, 100)
    assert fleet.ssh(client, f"nfs-cat {url(fleet, 'data/word')}").strip() == word


def test_the_firewall_lets_in_the_clients_and_nobody_else(fleet: Any, nfs: Any) -> None:
    added = fleet.ssh("store", "ufw show added").splitlines()
    for name in ("control", "worker"):
        assert f"ufw allow from {fleet.machines[name].address} to any port 2049 proto tcp" in added
    # This machine is no client.
    with pytest.raises(TimeoutError):
        socket.create_connection((fleet.machines["store"].address, 2049), timeout=3)


def test_removed_and_set_up_again_the_data_is_still_there(
    fleet: Any, describe: Any, seen: Any, nfs: Any, client: str
) -> None:
    fleet.ssh("store", "echo kept >/srv/slipway-nfs/data/kept")
    uninstall = {"uninstall_nfs": True}
    assert fleet.play(describe(), "uninstall.yml", "--limit", "store", **uninstall)["store"]["changed"] > 0
    assert seen("store").run(LISTENS).rc != 0
    assert "2049" not in fleet.ssh("store", "ufw show added")
    assert fleet.play(describe(), "uninstall.yml", "--limit", "store", **uninstall)["store"]["changed"] == 0
    assert fleet.play(describe(), "nfs.yml")["store"]["changed"] > 0
    assert fleet.ssh(client, f"nfs-cat {url(fleet, 'data/kept')}").strip() == "kept"
