"""The kubelet's mount on kernels without an NFS client: run for real, in a mount namespace of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from slipway.host import machine
from slipway.node import NodeConfig, mount_program

needs_root = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="mounts")


@pytest.fixture
def config(tmp_path: Path) -> NodeConfig:
    config = NodeConfig(state=tmp_path / "state of mine", data=tmp_path / "it's data")
    (config.exports / "data" / "sub").mkdir(parents=True)
    (config.exports / "data" / "word").write_text("hello")
    (config.exports / "data" / "sub" / "word").write_text("below")
    mount_program.install(config, "192.0.2.44", needed=True)
    return config


def mounted(config: NodeConfig, target: Path, arguments: list[str], then: str) -> subprocess.CompletedProcess[str]:
    """Run our mount with these arguments, then a command, where nobody else sees it."""
    target.mkdir(exist_ok=True)
    script = f'"$0" "$@" || exit $?; cd {target} && {then}'
    program = config.state / "libexec" / "mount"
    command = ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script, str(program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20)


@needs_root
@pytest.mark.parametrize("server", ["192.0.2.44", "127.0.0.1", "localhost"])
def test_a_volume_of_this_machine_is_bind_mounted(config: NodeConfig, tmp_path: Path, server: str) -> None:
    target = tmp_path / "target"
    arguments = ["-t", "nfs", "-o", "hard,nfsvers=4.1", f"{server}:/data", str(target)]
    assert mounted(config, target, arguments, "cat word").stdout == "hello"


@needs_root
def test_a_directory_of_a_volume(config: NodeConfig, tmp_path: Path) -> None:
    target = tmp_path / "target"
    assert mounted(config, target, ["-t", "nfs4", "127.0.0.1:/data/sub", str(target)], "cat word").stdout == "below"


@needs_root
def test_read_only_is_read_only(config: NodeConfig, tmp_path: Path) -> None:
    target = tmp_path / "target"
    arguments = ["-t", "nfs", "-o", "ro,hard", "127.0.0.1:/data", str(target)]
    done = mounted(config, target, arguments, "cat word && touch new")
    assert done.stdout == "hello"
    assert "Read-only" in done.stderr
    assert not (config.exports / "data" / "new").exists()


@needs_root
def test_other_file_systems_go_to_the_systems_mount(config: NodeConfig, tmp_path: Path) -> None:
    target = tmp_path / "target"
    arguments = ["-t", "tmpfs", "-o", "size=64k", "none", str(target)]
    assert "tmpfs" in mounted(config, target, arguments, "stat -f -c %T .").stdout


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("198.51.100.7:/data", "198.51.100.7 is not this machine"),
        ("127.0.0.1:/nothing", "no such volume"),
        ("127.0.0.1:/data/../../x", "with .. is refused"),
        ("/data", "not SERVER:/VOLUME"),
    ],
)
def test_what_cannot_be_mounted_is_said(config: NodeConfig, tmp_path: Path, source: str, says: str) -> None:
    done = subprocess.run(
        [config.state / "libexec" / "mount", "-t", "nfs", source, str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 32
    assert says in done.stderr


def test_it_goes_where_the_kernel_mounts_nfs_itself(config: NodeConfig) -> None:
    said = mount_program.install(config, "192.0.2.44", needed=False)
    assert "kernel's NFS client" in said
    assert not (config.state / "libexec" / "mount").exists()


@pytest.mark.parametrize(
    ("listed", "has"), [("nodev\tnfs\nnodev\tnfs4\n\text4\n", True), ("nodev\tnfsd\n\text4\n", False), ("", False)]
)
def test_the_kernels_list_of_file_systems(listed: str, has: bool) -> None:
    assert machine.kernel_has(listed, "nfs4") is has


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_has_nothing_to_say(config: NodeConfig) -> None:
    done = subprocess.run(
        ["shellcheck", str(config.state / "libexec" / "mount")], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
