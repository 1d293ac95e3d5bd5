"""The doctor's judgement of machines given as values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from slipway.doctor import gather
from slipway.doctor.checks import kernel, machine, network, software
from slipway.doctor.facts import Facts
from slipway.doctor.preflight import judge, require
from slipway.doctor.table import checks_of
from slipway.errors import SlipwayError

GOOD = Facts()


def test_a_good_machine_has_nothing_to_mend() -> None:
    assert {row.result for row in judge(GOOD)} == {"ok"}
    require(judge(GOOD))


@pytest.mark.parametrize(
    ("check", "facts", "result", "word"),
    [
        (machine.system, {"system": "Darwin"}, "fail", "Darwin"),
        (machine.system, {"machine": "riscv64"}, "fail", "riscv64"),
        (machine.root, {"root": False}, "fail", "not root"),
        (machine.processors, {"cpus": 1}, "warn", "one core"),
        (machine.memory, {"memory_mib": 2000}, "fail", "2.0 GiB"),
        (machine.memory, {"memory_mib": 4096}, "warn", "4.0 GiB"),
        (machine.disk, {"disk_gib": 3.0}, "fail", "3 GiB"),
        (machine.disk, {"disk_gib": 15.0}, "warn", "15 GiB"),
        (machine.swap, {"swap_mib": 512}, "ok", "512 MiB"),
        (kernel.cgroups, {"cgroup": 1}, "ok", "version 1"),
        (kernel.cgroups, {"cgroup": 0}, "fail", "no cgroup"),
        (kernel.controllers, {"controllers": frozenset({"cpu", "pids"})}, "fail", "none for memory"),
        (kernel.nat, {"nat": "Table does not exist"}, "fail", "Table does not exist"),
        (software.leftovers, {"leftovers": ("cni0",)}, "warn", "cni0"),
        (kernel.capabilities, {"capabilities": 0}, "fail", "CAP_SYS_ADMIN and CAP_NET_ADMIN"),
        (kernel.resource_limits, {"capabilities": 1 << 21}, "ok", "restrict_oom_score_adj"),
        (kernel.overlay, {"filesystems": frozenset({"ext4"})}, "fail", "overlay"),
        (kernel.bridge, {"bridge_netfilter": False}, "fail", "iptables"),
        (kernel.kernel_log, {"kernel_log": False}, "fail", "/dev/kmsg"),
        (kernel.nfs_client, {"filesystems": frozenset({"overlay"})}, "ok", "bind-mounted"),
        (network.address, {"address": ""}, "fail", "127.0.0.1"),
        (network.ranges, {"networks": ("192.168.1.5/24", "10.244.7.1/24")}, "fail", "range of pods"),
        (network.ranges, {"networks": ("10.100.0.9/16",)}, "fail", "range of Services"),
        (network.ranges, {"networks": ("172.20.0.1/16",), "pod_cidr": "172.16.0.0/12"}, "fail", "range of pods"),
        (network.ranges, {"servers": (("name server", "10.100.0.9"),)}, "fail", "name server 10.100.0.9 is in"),
        (network.ports, {"ports": {6443: "minikube", 2049: ""}}, "fail", "by minikube"),
        (network.ports, {"ports": {6443: "haproxy", 2379: "etcd"}, "node_made": True}, "fail", "haproxy"),
        (software.packages, {"missing_packages": ("runc", "skopeo")}, "ok", "runc skopeo"),
        (software.packages, {"missing_packages": ("runc",), "apt": False}, "fail", "runc"),
        (
            software.debian,
            {"lacks_debian": "no Debian bookworm entry", "debian_remedy": "name a mirror"},
            "warn",
            "images cannot be built here",
        ),
        (software.toolchain, {"go": False}, "ok", "downloaded"),
        (software.other_kubernetes, {"foreign": "process 12 (k3s)"}, "fail", "k3s"),
    ],
)
def test_faults_are_named(check: Any, facts: dict[str, Any], result: str, word: str) -> None:
    finding = check(replace(GOOD, **facts))
    assert finding.result == result
    assert word in finding.says
    assert finding.remedy or result == "ok"


def test_the_nodes_own_ports_are_no_fault() -> None:
    held = {6443: "kube-apiserver", 2379: "etcd", 10257: "kube-controller", 2049: "ganesha.nfsd", 10250: ""}
    assert network.ports(replace(GOOD, ports=held, node_made=True)).result == "ok"
    assert network.ports(replace(GOOD, ports=held)).result == "fail"


def test_another_etcd_is_in_the_way_before_the_first_start() -> None:
    assert "2379" in network.ports(replace(GOOD, ports={2379: "etcd"})).says


def test_all_errors_are_told_at_once() -> None:
    with pytest.raises(SlipwayError) as caught:
        require(judge(replace(GOOD, root=False, disk_gib=1.0)))
    assert len(caught.value.details) == 2
    with pytest.raises(SlipwayError, match="sudo make up"):
        require(judge(replace(GOOD, root=False)))


def test_warnings_do_not_stop_a_start() -> None:
    require(judge(replace(GOOD, memory_mib=4096, cgroup=1, swap_mib=100)))


def test_every_check_is_asked() -> None:
    modules = (machine, kernel, network, software)
    written = {
        function
        for module in modules
        for name, function in vars(module).items()
        if callable(function) and getattr(function, "__module__", "") == module.__name__ and not name.startswith("_")
    }
    assert written == {check.host for check in checks_of("host")}


def test_memory_as_the_kernel_tells_it() -> None:
    assert gather.meminfo("MemTotal:       24684432 kB\nSwapTotal:          2048 kB\nHugePages_Total:       0\n") == {
        "MemTotal": 24105,
        "SwapTotal": 2,
    }


def test_listening_ports() -> None:
    text = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        "   0: 0100007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
        "   1: 0200000A:0016 0300000A:C350 01 00000000:00000000 00:00000000 00000000     0\n"
    )
    assert gather.listeners(text) == {0x192B}
    assert gather.listeners("") == set()


def test_who_listens() -> None:
    text = (
        'LISTEN 0 4096 *:6443 *:* users:(("kube-apiserver",pid=8981,fd=3))\n'
        'LISTEN 0 128 [::1]:2049 [::]:* users:(("ganesha.nfsd",pid=1,fd=9),("x",pid=2,fd=1))\n'
        "LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n"
    )
    assert gather.owners(text) == {6443: "kube-apiserver", 2049: "ganesha.nfsd"}


def test_the_machines_own_networks() -> None:
    links = [
        {"ifname": "lo", "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8}]},
        {"ifname": "eth0", "addr_info": [{"family": "inet", "local": "192.0.2.2", "prefixlen": 24}]},
        {"ifname": "slipway0", "addr_info": [{"family": "inet", "local": "10.244.0.1", "prefixlen": 24}]},
    ]
    assert gather.networks(links) == ["192.0.2.2/24"]


def test_servers_that_the_machine_asks() -> None:
    resolv_conf = "# two\nnameserver 127.0.0.53\n nameserver 10.100.0.9\nnameserver fd00::1\nsearch example.org\n"
    environ = {
        "https_proxy": "http://10.100.0.8:3128",
        "HTTP_PROXY": "http://proxy.example.org",
        "http_proxy": "http://[",
    }
    assert gather.servers(resolv_conf, environ) == [
        ("name server", "10.100.0.9"),
        ("proxy of https_proxy", "10.100.0.8"),
    ]
    assert gather.servers("", {}) == []


def test_controllers_of_the_kernel() -> None:
    text = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t1\t9\t1\nmemory\t0\t9\t0\npids\t3\t9\t1\n"
    assert gather.controllers(text) == {"cpu", "pids"}
    assert gather.controllers("") == {"cpu", "memory", "pids"}


def test_the_table_names_each_finding() -> None:
    assert [check.name for check in checks_of("host")] == [row.check for row in judge(GOOD)]


def test_this_machine_can_be_judged() -> None:
    from slipway.node import NodeConfig

    facts = gather.gather(NodeConfig())
    assert facts.system == "Linux"
    assert facts.memory_mib > 0 and facts.disk_gib > 0
    assert len(judge(facts)) == len(checks_of("host"))
