"""The NFS server's configuration and the directories behind it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from slipway.node import NodeConfig, nfs, volumes

CLIENTS = ("127.0.0.1", "192.0.2.2", "10.244.0.0/16")


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """One that other users may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def blocks(text: str, name: str) -> list[dict[str, str]]:
    """The blocks of this name, with their own and nested key = value pairs."""
    found = re.findall(rf"^{name} {{\n(.*?)^}}", text, re.MULTILINE | re.DOTALL)
    return [dict(re.findall(r"(\w+) = ([^;]+);", body)) for body in found]


def test_one_export_per_volume_for_the_node_and_its_pods_only() -> None:
    text = nfs.configuration(NodeConfig(), [(1, "data"), (2, "logs")], CLIENTS)
    assert [(export["Export_Id"], export["Path"], export["Pseudo"]) for export in blocks(text, "EXPORT")] == [
        ("1", "/var/lib/slipway/data/nfs/data", "/data"),
        ("2", "/var/lib/slipway/data/nfs/logs", "/logs"),
    ]
    assert all(export["Clients"] == "127.0.0.1, 192.0.2.2, 10.244.0.0/16" for export in blocks(text, "EXPORT"))
    assert blocks(text, "EXPORT_DEFAULTS")[0]["Access_Type"] == "NONE"


def test_version_4_only() -> None:
    (core,) = blocks(nfs.configuration(NodeConfig(), [], CLIENTS), "NFS_CORE_PARAM")
    assert (core["Protocols"], core["NFS_Port"], core["Enable_UDP"]) == ("4", "2049", "false")


def test_root_of_a_client_is_the_owner_of_the_volumes() -> None:
    (export,) = blocks(nfs.configuration(NodeConfig(nfs_uid=1234, nfs_gid=567), [(1, "data")], CLIENTS), "EXPORT")
    assert (export["Squash"], export["Anonymous_Uid"], export["Anonymous_Gid"]) == ("Root_Squash", "1234", "567")


def test_export_ids_are_stable() -> None:
    first = nfs.numbered(["data", "logs"], {})
    assert first == {"data": 1, "logs": 2}
    assert nfs.numbered(["new", "logs", "data"], first) == {"new": 3, "logs": 2, "data": 1}
    assert nfs.numbered(["logs"], first) == {"logs": 2}


@pytest.mark.skipif(os.geteuid() != 0, reason="changes owners")
def test_volumes_belong_to_their_group(tmp_path: Path) -> None:
    config = NodeConfig(data=tmp_path, volumes=("data",))
    volumes.ensure(config)
    found = (tmp_path / "nfs" / "data").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (1000, 100, 0o3777)


@pytest.mark.skipif(os.geteuid() != 0, reason="changes users")
def test_what_one_user_makes_another_of_the_group_changes(open_directory: Path) -> None:
    volumes.create(open_directory / "shared", 1000, 100)
    make = "import os; os.umask(0o077); os.makedirs('models/one'); open('models/one/a', 'w').write('1')"
    change = "open('models/one/a', 'a').write('2'); open('models/one/b', 'w').write('3')"
    for user, script in ((1000, make), (65532, change)):
        subprocess.run(
            ["/usr/bin/env", "python3", "-c", script],
            cwd=open_directory / "shared",
            user=user,
            group=user,
            extra_groups=[100],
            check=True,
        )
    assert (open_directory / "shared" / "models" / "one" / "a").read_text() == "12"


@pytest.mark.skipif(os.geteuid() != 0, reason="changes users")
@pytest.mark.parametrize(
    "break_in", ["os.remove('a')", "open('a', 'w')", "os.remove('models/b')", "os.rename('models', 'x')"]
)
def test_what_a_notebook_makes_no_other_notebook_changes(open_directory: Path, break_in: str) -> None:
    volumes.create(open_directory / "shared", 1000, 100)
    make = "import os; os.umask(0); os.mkdir('models'); open('models/b', 'w').write('1'); open('a', 'w').write('1')"
    code = {}
    for user, script in ((20001, make), (20002, f"import os; {break_in}"), (20002, "open('a').read(); open('c', 'w')")):
        code[script] = subprocess.run(
            ["/usr/bin/env", "python3", "-c", script],
            cwd=open_directory / "shared",
            user=user,
            group=user,
            extra_groups=[20000],
            capture_output=True,
            text=True,
            check=False,
        )
    tried = code.pop(f"import os; {break_in}")
    assert "PermissionError" in tried.stderr
    assert [done.returncode for done in code.values()] == [0, 0]


@pytest.mark.skipif(os.geteuid() != 0, reason="changes owners")
def test_volumes_of_former_releases_become_sticky_unless_somebody_changed_them(tmp_path: Path) -> None:
    config = NodeConfig(data=tmp_path, volumes=("data", "logs"))
    volumes.ensure(config)
    (tmp_path / "nfs" / "data").chmod(0o2775)
    (tmp_path / "nfs" / "logs").chmod(0o2770)
    volumes.ensure(config)
    found = [(tmp_path / "nfs" / name).stat().st_mode & 0o7777 for name in ("data", "logs")]
    assert found == [0o3777, 0o2770]
    assert (tmp_path / "nfs").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="changes owners")
def test_what_exists_keeps_its_owner(tmp_path: Path) -> None:
    config = NodeConfig(data=tmp_path, volumes=("data",))
    volumes.ensure(config)
    os.chown(tmp_path / "nfs" / "data", 4321, 4321)
    volumes.ensure(config)
    assert (tmp_path / "nfs" / "data").stat().st_uid == 4321


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cat(port: int, path: str) -> str:
    done = subprocess.run(
        ["nfs-cat", f"nfs://127.0.0.1{path}?version=4&nfsport={port}"], capture_output=True, text=True, timeout=20
    )
    return done.stdout


@pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("ganesha.nfsd", "nfs-cat"))), reason="needs root and nfs-ganesha"
)
def test_a_real_server_serves_it_and_takes_new_exports_without_a_restart(tmp_path: Path) -> None:
    port = free_port()
    config = NodeConfig(data=tmp_path / "data", state=tmp_path, volumes=("data", "late"))
    volumes.ensure(config)
    (tmp_path / "nfs").mkdir()
    for volume in config.volumes:
        (config.exports / volume / "word").write_text(f"in {volume}")
    file = tmp_path / "ganesha.conf"

    def configure(exports: list[tuple[int, str]]) -> None:
        text = nfs.configuration(config, exports, ("127.0.0.1",))
        file.write_text(text.replace(f"NFS_Port = {nfs.PORT};", f"NFS_Port = {port};"))

    configure([(1, "data")])
    command = ["ganesha.nfsd", "-F", "-L", str(tmp_path / "log"), "-f", str(file), "-p", str(tmp_path / "pid")]
    server = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 20
        while cat(port, "/data/word") != "in data":
            assert server.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()[-2000:]
            time.sleep(0.2)
        assert cat(port, "/late/word") == ""
        configure([(1, "data"), (2, "late")])
        server.send_signal(1)
        while cat(port, "/late/word") != "in late":
            assert server.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()[-2000:]
            time.sleep(0.2)
        assert cat(port, "/data/word") == "in data"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
