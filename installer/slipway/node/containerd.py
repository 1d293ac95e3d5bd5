"""containerd's configuration: root, state and socket of our own, beside a distribution's containerd."""

from __future__ import annotations

import json
import tomllib

from slipway.node.config import NodeConfig
from slipway.node.settings import CONTAINERD, PAUSE

SOURCE = "https://github.com/containerd/containerd/blob/release/1.7/docs/cri/config.md"


def sandbox_image_of(text: str) -> str:
    """The pause image that a configuration names; "" where it names none."""
    plugins = tomllib.loads(text).get("plugins", {})
    return str(plugins.get("io.containerd.grpc.v1.cri", {}).get("sandbox_image", ""))


def configuration(config: NodeConfig, *, driver: str, restrict_oom: bool, sandbox: str = "") -> str:
    """config.toml (version 2: read by containerd 1.4 to 2.x).

    ``driver`` is the cgroup driver; ``restrict_oom`` is needed where CAP_SYS_RESOURCE is missing: runc may not lower
    oom_score_adj there and dies with ``can't get final child's PID from pipe``. ``sandbox``: another pause image than
    that of this Kubernetes.
    """
    quoted = {name: json.dumps(value) for name, value in _strings(config, sandbox).items()}
    return f"""\
# Written by slipway at every start; changes here are lost.
version = 2
root = {quoted["root"]}
state = {quoted["state"]}
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", \
"io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = {quoted["socket"]}

[plugins."io.containerd.internal.v1.opt"]
  path = {quoted["opt"]}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = {quoted["sandbox"]}
  restrict_oom_score_adj = {_bool(restrict_oom)}
  # Network namespaces below state, so that removal knows which are ours.
  netns_mounts_under_state_dir = true
  max_concurrent_downloads = {CONTAINERD["max_concurrent_downloads"]}
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = {quoted["cni_bin"]}
    conf_dir = {quoted["cni_conf"]}
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = {quoted["certs"]}
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    # Blobs are dropped after unpacking elsewhere; here they stay, so that images can be exported and pushed again.
    discard_unpacked_layers = false
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = {_bool(driver == "systemd")}
        Root = {quoted["runc"]}
"""


def _strings(config: NodeConfig, sandbox: str) -> dict[str, str]:
    return {
        "root": str(config.state / "containerd"),
        "state": str(config.run / "containerd"),
        "socket": str(config.containerd_socket),
        "runc": str(config.run / "runc"),
        "opt": str(config.state / "containerd-opt"),
        "sandbox": sandbox or PAUSE,
        "cni_bin": str(config.cni_plugins),
        "cni_conf": str(config.state / "cni" / "net.d"),
        "certs": str(config.state / "containerd-certs.d"),
    }


def _bool(value: bool) -> str:
    return "true" if value else "false"


def registry_hosts(config: NodeConfig) -> str:
    """hosts.toml for the platform's registry: the node cannot resolve cluster names, kube-proxy answers for them.

    127.0.0.1 is one of kube-proxy's NodePort addresses; a name server or the node's address is not involved, so it
    holds when the machine changes networks.
    """
    url = json.dumps(f"http://127.0.0.1:{config.registry_node_port}")
    return f"""\
# Written by slipway: {config.registry_host} is the Service of the platform's registry.
server = {url}

[host.{url}]
  capabilities = ["pull", "resolve", "push"]
"""
