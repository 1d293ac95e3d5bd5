"""Who asks, on what machine, with how much of everything."""

from __future__ import annotations

from slipway.doctor.facts import Facts
from slipway.doctor.finding import Finding, fail, ok, warn

#: Memory: the control plane takes about 700 MiB, the idle platform under 3 GiB, a smoke test about 3 more.
LEAST_MEMORY, GOOD_MEMORY = 3500, 7500
#: Disk: images and their caches take about 12 GiB.
LEAST_DISK, GOOD_DISK = 10.0, 25.0


def system(facts: Facts) -> Finding:
    """Linux on a 64-bit processor."""
    if facts.system != "Linux":
        return fail(f"this is {facts.system}", "use a Linux machine, or slipway install on a cluster")
    if facts.machine not in ("x86_64", "aarch64"):
        return fail(f"no builds for {facts.machine}", "use an x86_64 or aarch64 machine")
    return ok(f"Linux {facts.machine}, {facts.cpus} cores")


def root(facts: Facts) -> Finding:
    """The node mounts, makes network devices and writes below /etc."""
    if not facts.root:
        return fail("not root", "sudo make up")
    return ok("root")


def processors(facts: Facts) -> Finding:
    """kubeadm's own minimum is two."""
    if facts.cpus < 2:
        return warn("one core: everything works, slowly", "two or more cores")
    return ok(f"{facts.cpus} cores")


def memory(facts: Facts) -> Finding:
    """Enough for the control plane, the platform and a training."""
    says = f"{facts.memory_mib / 1024:.1f} GiB"
    if facts.memory_mib < LEAST_MEMORY:
        return fail(f"{says}: the platform alone takes 3", "a machine with 8 GiB")
    if facts.memory_mib < GOOD_MEMORY:
        return warn(f"{says}: tight for training", "8 GiB, or fewer trials at a time")
    return ok(says)


def disk(facts: Facts) -> Finding:
    """Images, their build cache, volumes."""
    says = f"{facts.disk_gib:.0f} GiB free for {facts.state_path}"
    if facts.disk_gib < LEAST_DISK:
        return fail(says, f"free {LEAST_DISK:.0f} GiB, better {GOOD_DISK:.0f}")
    if facts.disk_gib < GOOD_DISK:
        return warn(says, f"a cold build wants {GOOD_DISK:.0f} GiB")
    return ok(says)


def swap(facts: Facts) -> Finding:
    """The kubelet is told to accept swap."""
    if facts.swap_mib:
        return ok(f"{facts.swap_mib} MiB: the kubelet accepts it, pods do not use it")
    return ok("none")
