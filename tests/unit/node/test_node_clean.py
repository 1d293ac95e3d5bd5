"""What a stop and a delete choose: processes, mounts, cgroups, sockets."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from slipway.node import NodeConfig, kubectl
from slipway.node.clean import cgroups, leftovers, mounts, processes
from slipway.node.clean.processes import Seen
from slipway.node.removal import remove
from slipway.node.shut_down import is_ours

SOCKET = "/run/slipway/containerd/containerd.sock"

MOUNTINFO = r"""27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 0:39 / /run/slipway/containerd/sandboxes/0cea/shm rw,nosuid - tmpfs shm rw,size=65536k
43 27 254:0 /var/lib/kubelet /var/lib/kubelet rw,relatime shared:1 - ext4 /dev/vda rw
44 43 0:115 / /var/lib/kubelet/pods/9958/volumes/kubernetes.io~projected/token rw shared:2 - tmpfs tmpfs rw
45 43 254:0 /data /var/lib/kubelet/pods/9958/volumes/kubernetes.io~nfs/a\040b\134c rw shared:3 - ext4 /dev/vda rw
46 27 254:0 /x /var/lib/kubelet-of-mine rw - ext4 /dev/vda rw
47 27 254:0 /y /var/lib/docker/overlay2/1/merged rw - overlay overlay rw
"""


def test_mounts_below_ours_the_last_first() -> None:
    found = mounts.parse(MOUNTINFO)
    assert mounts.below(found, ["/var/lib/kubelet", "/run/slipway"]) == [
        "/var/lib/kubelet/pods/9958/volumes/kubernetes.io~nfs/a b\\c",
        "/var/lib/kubelet/pods/9958/volumes/kubernetes.io~projected/token",
        "/run/slipway/containerd/sandboxes/0cea/shm",
    ]


def test_a_disk_of_its_own_for_the_data_stays_mounted() -> None:
    info = "\n".join(
        f"50 27 254:{number} / {point} rw - ext4 /dev/vdb rw"
        for number, point in enumerate(["/var/lib/slipway", "/var/lib/slipway/data", "/var/lib/slipway/data/nfs/a"])
    )
    assert mounts.below(mounts.parse(info), ["/var/lib/slipway"], ["/var/lib/slipway/data"]) == []


@pytest.mark.parametrize(
    ("outer", "line", "undone"),
    [
        ("0:2 / / rw - rootfs rootfs rw\n9 1 254:0 / /", "254:0 /var/lib/kubelet /var/lib/kubelet", True),
        ("0:30 /@ /", "0:30 /@/var/lib/kubelet /var/lib/kubelet", True),
        ("254:3 / /var", "254:3 /lib/kubelet /var/lib/kubelet", True),
        ("254:0 / /", "254:16 / /var/lib/kubelet", False),
        ("254:0 / /", "254:0 /srv/kubelet /var/lib/kubelet", False),
        ("254:0 / /", "254:0 /x /elsewhere", False),
        # A disk of its own, and the kubelet's mount on top of it.
        ("254:16 / /var/lib/kubelet rw - ext4 /dev/vdb rw\n9 1 254:0 / /", "254:16 / /var/lib/kubelet", True),
    ],
)
def test_only_the_kubelets_mount_on_itself_is_undone(outer: str, line: str, undone: bool) -> None:
    found = mounts.parse("".join(f"9 1 {text} rw shared:1 - ext4 /dev/vda rw\n" for text in (outer, line)))
    assert mounts.bound_to_itself(found, "/var/lib/kubelet") is undone


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
def test_real_mounts_are_undone_and_neighbours_stay(tmp_path: Path) -> None:
    ours, other = tmp_path / "ours", tmp_path / "ours-not"
    for directory in (ours / "a b", other):
        directory.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", directory], check=True)
    try:
        (ours / "a b" / "c").mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "none", ours / "a b" / "c"], check=True)
        with (ours / "a b" / "c" / "busy").open("w"):
            assert mounts.unmount_below(ours) == []
        assert not (ours / "a b").is_mount()
        assert other.is_mount()
    finally:
        mounts.unmount_below(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
def test_removing_a_mount_point_empties_it(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", disk], check=True)
    try:
        (disk / "a" / "b").mkdir(parents=True)
        remove(disk)
        assert disk.is_mount()
        assert list(disk.iterdir()) == []
    finally:
        mounts.unmount_below(tmp_path)
    remove(disk)
    assert not disk.exists()


def seen(*argv: str, cgroup: str = "0::/\n", pid: int = 2**22 + 1) -> Seen:
    return Seen(pid, 1, argv, cgroup)


@pytest.mark.parametrize(
    ("cgroup", "inside"),
    [
        ("0::/kubepods/burstable/pod1/c\n", True),
        ("0::/kubepods.slice/kubepods-burstable.slice/cri-containerd-1.scope\n", True),
        ("9:name=systemd:/kubepods/besteffort/pod1/c\n8:pids:/kubepods/besteffort/pod1/c\n", True),
        ("0::/docker/4f7c/kubelet.slice/kubelet-kubepods.slice/pod1\n", False),
        ("0::/docker/4f7c/kubelet/kubepods/pod1\n", False),
        ("0::/user.slice/my-kubepods\n", False),
        ("0::/\n", False),
        ("", False),
    ],
)
def test_pods_of_this_machine_by_cgroup(cgroup: str, inside: bool) -> None:
    assert processes.in_pod(seen("x", cgroup=cgroup)) is inside


def test_only_shims_of_our_containerd() -> None:
    shim = "/usr/bin/containerd-shim-runc-v2"
    assert processes.is_shim(seen(shim, "-namespace", "k8s.io", "-address", SOCKET), SOCKET)
    assert not processes.is_shim(seen(shim, "-address", "/run/containerd/containerd.sock"), SOCKET)
    assert not processes.is_shim(seen("/usr/bin/vi", SOCKET), SOCKET)


def test_only_our_programs() -> None:
    config = NodeConfig()
    ours = seen("/var/lib/slipway/bin/kubelet", "--config=/var/lib/kubelet/config.yaml")
    kinds = seen("/usr/bin/kubelet", "--config=/var/lib/kubelet/config.yaml")
    editor = seen("/usr/bin/vi", "/var/lib/slipway/containerd.toml")
    assert is_ours(ours, config, "kubelet")
    assert not is_ours(kinds, config, "kubelet")
    assert not is_ours(editor, config, "containerd")
    assert is_ours(seen("/usr/bin/containerd", "--config", "/var/lib/slipway/containerd.toml"), config, "containerd")


def test_ending_is_polite_first_and_thorough_then(tmp_path: Path) -> None:
    marker = str(tmp_path)
    polite = subprocess.Popen(
        [
            "/bin/sh",
            "-c",
            f"trap 'echo bye > {marker}/bye; exit 0' TERM; touch {marker}/1; while :; do sleep 0.05; done",
        ]
    )
    deaf = subprocess.Popen(
        ["/bin/sh", "-c", f"trap '' TERM; touch {marker}/2; while :; do sleep 0.05; done # {marker}"]
    )
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        while not ((tmp_path / "1").exists() and (tmp_path / "2").exists()):
            time.sleep(0.02)
        wanted = {polite.pid, deaf.pid}
        found = processes.end(lambda each: each.pid in wanted and marker in " ".join(each.argv), seconds=0.5)
        assert set(found) == wanted
        assert polite.wait(5) == 0
        assert deaf.wait(5) == -signal.SIGKILL
        assert (tmp_path / "bye").exists()
        assert bystander.poll() is None
    finally:
        for child in (polite, deaf, bystander):
            child.kill()
            child.wait()


def test_a_pid_that_changed_hands_is_not_signalled() -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        stale = Seen(bystander.pid, 1, ("kubelet",), "")
        listings = iter([[stale], []])
        processes.end(lambda _: True, seconds=0, list_all=lambda: next(listings))
        time.sleep(0.1)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_cgroups_of_both_versions_and_drivers(tmp_path: Path) -> None:
    for name in ("cpu/kubepods/burstable/pod1", "memory/kubepods", "memory/docker/kubepods", "kubepods.slice/a"):
        (tmp_path / name).mkdir(parents=True)
    assert [str(path.relative_to(tmp_path)) for path in cgroups.tops(tmp_path)] == [
        "kubepods.slice",
        "cpu/kubepods",
        "memory/kubepods",
    ]
    assert cgroups.clear(tmp_path) == []
    assert (tmp_path / "memory" / "docker" / "kubepods").is_dir()
    assert not (tmp_path / "cpu" / "kubepods").exists()


def test_a_cgroup_in_use_is_named(tmp_path: Path) -> None:
    (tmp_path / "cpu" / "kubepods").mkdir(parents=True)
    (tmp_path / "cpu" / "kubepods" / "held").touch()
    assert cgroups.clear(tmp_path) == [str(tmp_path / "cpu" / "kubepods")]


@pytest.fixture
def short() -> Iterator[Path]:
    # A Unix socket's address has 107 bytes.
    directory = Path(tempfile.mkdtemp(prefix="left-"))
    yield directory
    shutil.rmtree(directory)


def test_sockets_that_nobody_holds_go(short: Path) -> None:
    sockets, results = short / "c" / "s", short / "cni" / "results"
    sockets.mkdir(parents=True)
    results.mkdir(parents=True)
    links = short / "containers"
    links.mkdir()
    with socket.socket(socket.AF_UNIX) as held, socket.socket(socket.AF_UNIX) as dead:
        held.bind(str(sockets / "held"))
        held.listen()
        dead.bind(str(sockets / "dead"))
        dead.listen()
        dead.close()
        (links / "ours.log").symlink_to(short / "logs" / "pods" / "a" / "0.log")
        (links / "theirs.log").symlink_to("/var/log/pods/a/0.log")
        (results / f"slipway-{'a' * 64}-eth0").touch()
        (results / f"podman-{'a' * 64}-eth0").touch()
        leftovers.clear(short / "logs", sockets, results, links)
        assert [path.name for path in sockets.iterdir()] == ["held"]
        assert [path.name for path in results.iterdir()] == [f"podman-{'a' * 64}-eth0"]
    leftovers.clear(short / "logs", sockets, results, links)
    assert [path.name for path in links.iterdir()] == ["theirs.log"]
    assert not (short / "c").exists()
    assert results.exists()


def test_kubectl_of_others_is_not_touched(tmp_path: Path) -> None:
    config, public = NodeConfig(state=tmp_path / "state"), tmp_path / "kubectl"
    public.write_text("theirs")
    assert not kubectl.unlink_public(config, public)
    assert public.read_text() == "theirs"
    public.unlink()
    public.symlink_to(config.bin / "kubectl")
    assert kubectl.unlink_public(config, public)
    assert not public.is_symlink()
