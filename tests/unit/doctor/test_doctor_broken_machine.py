"""A machine that is broken for real, in namespaces of its own: each time the right check names the cause."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from slipway.doctor.table import checks_of

#: As on a new machine: another file system holds no state of ours, and the network has nothing but a loopback.
FRESH = """
set -e
mount -t tmpfs none /var/lib
mkdir /var/lib/slipway
scratch=/var/lib
ip link set lo up
"""
DOCTOR = f'{sys.executable} -m slipway.cli.main doctor --overlay embedded --output json --only "$CHECK"'
OPEN = "import socket, sys, time; s = socket.create_server(('', 6443)); print('open', flush=True); time.sleep(600)"


def covered(path: str, text: str) -> str:
    """Shell: another content of a file of /proc or /sys."""
    return f"printf '{text}' >$scratch/cover; mount --bind $scratch/cover {path}\n"


#: The program of a package that is not executable any more.
COVERED_SKOPEO = 'mount --bind /dev/null "$(type -P skopeo)"\n'

#: (check, what breaks it, result, words of the cause, words of the remedy)
BROKEN: tuple[tuple[str, str, str, str, str], ...] = (
    ("system", "set -- setarch i686", "fail", "no builds for i686", "x86_64"),
    ("root", "set -- unshare --user", "fail", "not root", "sudo make up"),
    ("processors", "set -- taskset -c 0", "warn", "one core", "two or more"),
    ("memory", covered("/proc/meminfo", "MemTotal: 2048000 kB\\n"), "fail", "2.0 GiB", "8 GiB"),
    ("memory", covered("/proc/meminfo", "MemTotal: 4194304 kB\\n"), "warn", "tight", "8 GiB"),
    (
        "disk",
        "umount /var/lib; mount -t tmpfs -o size=16m none /var/lib; head -c 20m /dev/zero >/var/lib/full 2>&- || true",
        "fail",
        "0 GiB free for /var/lib/slipway",
        "free 10 GiB",
    ),
    ("swap", covered("/proc/meminfo", "SwapTotal: 524288 kB\\n"), "ok", "512 MiB: the kubelet accepts it", ""),
    ("cgroups", "mount -t tmpfs none /sys/fs/cgroup", "fail", "no cgroup file system", "mount -t cgroup2"),
    (
        "cgroup controllers",
        covered("/proc/cgroups", "cpu\\t1\\t9\\t1\\nmemory\\t0\\t9\\t0\\npids\\t3\\t9\\t1\\n"),
        "fail",
        "none for memory",
        "cgroup_enable=memory",
    ),
    (
        "capabilities",
        "set -- setpriv --bounding-set=-sys_admin,-net_admin",
        "fail",
        "CAP_SYS_ADMIN and CAP_NET_ADMIN missing",
        "--privileged",
    ),
    ("capabilities", "set -- setpriv --bounding-set=-net_admin", "fail", "CAP_NET_ADMIN missing", "a VM"),
    ("resource limits", "set -- setpriv --bounding-set=-sys_resource", "ok", "no CAP_SYS_RESOURCE", ""),
    ("overlay", covered("/proc/filesystems", "nodev\\ttmpfs\\n\\text4\\n"), "fail", "no overlay", "modprobe overlay"),
    ("NFS client", covered("/proc/filesystems", "nodev\\ttmpfs\\n\\text4\\n"), "ok", "the kernel has none", ""),
    ("bridge", "mount -t tmpfs none /proc/sys/net", "fail", "do not pass iptables", "modprobe br_netfilter"),
    ("nat", "set -- setpriv --bounding-set=-net_admin,-net_raw", "fail", "iptables: ", "modprobe iptable_nat"),
    (
        "kernel log",
        """
mkdir $scratch/dev
for name in null zero random urandom; do touch $scratch/dev/$name; mount --bind /dev/$name $scratch/dev/$name; done
mount --rbind $scratch/dev /dev
""",
        "fail",
        "/dev/kmsg is not there",
        "mknod /dev/kmsg",
    ),
    ("address", "", "fail", "only 127.0.0.1", "ip link add"),
    (
        "ranges",
        "ip link add slipway9 type bridge; ip addr add 10.244.9.1/24 dev slipway9; ip link set slipway9 up",
        "fail",
        "10.244.9.1/24 of this machine overlaps 10.244.0.0/16",
        "node.pod_cidr",
    ),
    (
        "ports",
        f'exec 3< <(exec {sys.executable} -c "{OPEN}"); other=$!; read -r <&3; trap "kill $other" EXIT',
        "fail",
        "in use: 6443 (the API server) by python",
        "ss -ltnp",
    ),
    ("packages", COVERED_SKOPEO, "ok", "to be installed by apt: ", ""),
    (
        "packages",
        COVERED_SKOPEO + "for file in $(type -ap apt-get); do mount --bind /dev/null $file; done",
        "fail",
        "no apt-get, and missing: ",
        "package manager",
    ),
    ("Debian", "mount -t tmpfs none /etc/apt", "warn", "no Debian bookworm entry", "name a mirror there"),
    ("Go", "PATH=/usr/sbin:/usr/bin", "ok", "", ""),
    (
        "other Kubernetes",
        'cp "$(type -P sleep)" $scratch/k3s; $scratch/k3s 600 >&- 2>&- & trap "kill $!" EXIT; sleep 1',
        "fail",
        "(k3s)",
        "kubeadm reset",
    ),
    (
        "leftovers",
        "mount -t sysfs none /sys; ip link add cni0 type bridge",
        "warn",
        "of another cluster: cni0",
        "ip link delete",
    ),
)


@functools.cache
def unshare() -> tuple[str, ...]:
    """Namespaces for mounts and the network: as root, or as a root of a user namespace; () where there are none."""
    words = ("unshare", "--mount", "--net", *(() if os.geteuid() == 0 else ("--user", "--map-root-user")))
    try:
        done = subprocess.run([*words, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
    except FileNotFoundError:
        return ()
    return words if done.returncode == 0 else ()


def examined(check: str, breakage: str) -> dict[str, Any]:
    """What ``slipway doctor`` says of one check on the broken machine; "$@" is what it is started with."""
    script = f'{FRESH}\nset --\n{breakage}\n"$@" {DOCTOR}\n'
    environment = {**os.environ, "CHECK": check, "SLIPWAY_HOME": str(Path(__file__).resolve().parents[3])}
    done = subprocess.run(
        [*unshare(), "bash", "-c", script], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout, done.stderr
    (row,) = json.loads(done.stdout)
    assert done.returncode == (1 if row["result"] == "fail" else 0), done.stderr
    return dict(row)


@pytest.mark.skipif(not unshare(), reason="this user may not make namespaces")
@pytest.mark.parametrize(
    ("check", "breakage", "result", "cause", "remedy"), BROKEN, ids=[f"{row[0]}-{n}" for n, row in enumerate(BROKEN)]
)
def test_what_is_broken_is_named(check: str, breakage: str, result: str, cause: str, remedy: str) -> None:
    row = examined(check, breakage)
    assert (row["check"], row["scope"], row["result"]) == (check, "host", result), row
    assert cause in row["cause"]
    assert remedy in row["remedy"]
    assert row["checked"]


def test_every_check_of_the_machine_is_broken_once() -> None:
    assert {row[0] for row in BROKEN} == {check.name for check in checks_of("host")}
