"""playbooks/nfs.yml on this machine: what it sets up, that it does so once, and that it can be removed."""

from __future__ import annotations

import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PORT = 12149
VOLUMES = {"data", "outputs", "extra"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this server keeps its volumes and its state."""
    return tmp_path_factory.mktemp("nfs")


@pytest.fixture(scope="module")
def variables(place: Path) -> dict[str, Any]:
    return {
        "nfs_server_port": PORT,
        "nfs_server_root": str(place / "volumes"),
        "nfs_server_state": str(place / "state"),
        "nfs_server_volumes": sorted(VOLUMES),
        "nfs_server_clients": ["127.0.0.1"],
        "nfs_server_uid": 1234,
    }


@pytest.fixture(scope="module")
def first(playbook: Any, variables: dict[str, Any]) -> Iterator[dict[str, int]]:
    """The recap of the first run; the server is removed after the last test."""
    if Path("/etc/slipway-nfs").exists():
        pytest.fail("this machine has a server by playbooks/nfs.yml: the test would replace it", pytrace=False)
    assert playbook("nfs.yml", "--check", **variables)["changed"] > 0
    assert not Path("/etc/slipway-nfs").exists()
    try:
        yield playbook("nfs.yml", **variables)
    finally:
        playbook("nfs.yml", nfs_server_present=False, **variables)


@pytest.fixture
def server(host: Any, first: dict[str, int]) -> Any:
    """The machine, once the server stands."""
    assert first["failed"] == 0
    return host


def nfs(*command: str) -> str:
    """A client of the NFS protocol: nfs-ls, nfs-cp, nfs-cat of libnfs."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def url(path: str) -> str:
    return f"nfs://127.0.0.1/{path}?version=4&nfsport={PORT}"


def test_the_first_run_changes_and_later_ones_do_not(
    first: dict[str, int], playbook: Any, variables: dict[str, Any]
) -> None:
    assert first["changed"] > 0
    assert playbook("nfs.yml", **variables)["changed"] == 0
    assert playbook("nfs.yml", "--check", **variables)["changed"] == 0


def test_packages(server: Any) -> None:
    assert server.package("nfs-ganesha").is_installed
    assert server.package("nfs-ganesha-vfs").is_installed


def test_process_and_port(server: Any) -> None:
    mine = [item for item in server.process.filter(comm="ganesha.nfsd") if "/etc/slipway-nfs/" in item.args]
    assert [item.user for item in mine] == ["root"]
    socket.create_connection(("127.0.0.1", PORT), timeout=5).close()
    assert server.run("/usr/local/sbin/slipway-nfs status").rc == 0


def test_files(server: Any, place: Path) -> None:
    for volume in VOLUMES:
        directory = server.file(str(place / "volumes" / volume))
        assert (directory.uid, directory.gid, oct(directory.mode)) == (1234, 100, "0o3775")
    for path, mode in {"/etc/slipway-nfs/ganesha.conf": 0o644, "/usr/local/sbin/slipway-nfs": 0o755}.items():
        assert (server.file(path).user, server.file(path).mode) == ("root", mode)


def test_exports_by_a_client_of_the_protocol(server: Any, place: Path) -> None:
    assert {line.split()[-1] for line in nfs("nfs-ls", url("")).splitlines()} == VOLUMES
    word = secrets.token_hex(8)
    (place / "word").write_text(word)
    nfs("nfs-cp", str(place / "word"), url("data/word"))
    # Written by a client's root: squashed to the owner.
    written = server.file(str(place / "volumes" / "data" / "word"))
    assert (written.content_string, written.uid, written.gid) == (word, 1234, 100)
    assert nfs("nfs-cat", url("data/word")) == word


def test_a_changed_volume_list_is_served(server: Any, playbook: Any, variables: dict[str, Any]) -> None:
    more = variables | {"nfs_server_volumes": sorted({*VOLUMES, "new"})}
    assert playbook("nfs.yml", **more)["changed"] > 0
    assert "new" in {line.split()[-1] for line in nfs("nfs-ls", url("")).splitlines()}
    assert playbook("nfs.yml", **variables)["changed"] > 0


def test_a_server_that_died_is_started_again(server: Any, playbook: Any, variables: dict[str, Any]) -> None:
    (mine,) = [item for item in server.process.filter(comm="ganesha.nfsd") if "/etc/slipway-nfs/" in item.args]
    assert server.run(f"kill -9 {mine.pid}").rc == 0
    if not Path("/run/systemd/system").exists():
        assert playbook("nfs.yml", **variables)["changed"] == 1
    end = time.monotonic() + 20
    while subprocess.run(["nfs-ls", url("")], capture_output=True, timeout=30, check=False).returncode:
        assert time.monotonic() < end, "it is not back"
        time.sleep(0.5)
    assert {line.split()[-1] for line in nfs("nfs-ls", url("")).splitlines()} == VOLUMES


@pytest.mark.parametrize(
    "wrong", [{"nfs_server_port": "many"}, {"nfs_server_volumes": {}}, {"nfs_server_clients": {"a": 1}}]
)
def test_wrong_variables_are_refused_before_anything_happens(playbook: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match=next(iter(wrong))):
        playbook("nfs.yml", "--check", **wrong)


def test_removed_nothing_of_it_runs_and_the_data_stays(
    server: Any, playbook: Any, variables: dict[str, Any], place: Path
) -> None:
    assert playbook("nfs.yml", nfs_server_present=False, **variables)["changed"] > 0
    assert playbook("nfs.yml", nfs_server_present=False, **variables)["changed"] == 0
    assert not [item for item in server.process.filter(comm="ganesha.nfsd") if "/etc/slipway-nfs/" in item.args]
    for path in ("/etc/slipway-nfs", "/usr/local/sbin/slipway-nfs", str(place / "state")):
        assert not server.file(path).exists
    assert server.file(str(place / "volumes" / "data")).is_directory
