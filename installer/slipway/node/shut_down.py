"""Ending the node's processes in order: the kubelet, what runs in pods, the NFS server, containerd, the supervisor."""

from __future__ import annotations

from collections.abc import Callable

from slipway.node.clean import processes
from slipway.node.config import NodeConfig
from slipway.node.lock import exclusive
from slipway.node.process_manager import ProcessManager, process_manager
from slipway.node.state import need_root
from slipway.node.units import CONTAINERD, GANESHA, KUBELET
from slipway.progress import Reporter

#: etcd and databases in pods write their last pages in this time.
POD_SECONDS = 10.0


def stop(config: NodeConfig, reporter: Reporter) -> None:
    """Stop everything; nothing is removed."""
    need_root()
    with exclusive(), reporter.step("cluster", "stop"):
        end_everything(config, process_manager(config))


def end_everything(config: NodeConfig, keep: ProcessManager, *, pod_seconds: float = POD_SECONDS) -> None:
    """Also what no manager knows any more, when one was killed."""
    if not (config.state / "address").exists():
        # Never started here: what runs in pods, if anything does, belongs to another Kubernetes.
        keep.quit()
        return
    # First the kubelet, or it would start again what is ended here.
    keep.remove(KUBELET)
    processes.end(lambda seen: is_ours(seen, config, "kubelet"), seconds=5)
    # Then pods, while name service and API server still answer them; these in turn before etcd.
    stages = (
        (("coredns", "kube-proxy", "kube-apiserver", "etcd", "pause"), pod_seconds),
        (("kube-apiserver", "etcd", "pause"), 1.0),
        (("etcd", "pause"), pod_seconds),
        (("pause",), pod_seconds),
        ((), 2.0),
    )
    for kept, seconds in stages:
        processes.end(_in_pod_but(kept), seconds=seconds)
    keep.remove(GANESHA)
    processes.end(lambda seen: is_ours(seen, config, "ganesha.nfsd"), seconds=5)
    keep.remove(CONTAINERD)
    socket = str(config.containerd_socket)
    processes.end(lambda seen: is_ours(seen, config, "containerd"), seconds=5)
    processes.end(lambda seen: processes.is_shim(seen, socket), seconds=3)
    keep.quit()


def is_ours(seen: processes.Seen, config: NodeConfig, program: str) -> bool:
    """A process of this program whose command line names our state directory."""
    return seen.argv[0].rpartition("/")[2] == program and any(str(config.state) in word for word in seen.argv)


def _in_pod_but(kept: tuple[str, ...]) -> Callable[[processes.Seen], bool]:
    return lambda seen: processes.in_pod(seen) and seen.argv[0].rpartition("/")[2] not in kept
