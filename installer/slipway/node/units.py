"""The node's processes, in the order in which they start."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from slipway.errors import SlipwayError
from slipway.host.run import SYSTEM_PATH, environment
from slipway.node import kubelet
from slipway.node.config import NodeConfig
from slipway.node.supervisor.spec import Unit

CONTAINERD, GANESHA, KUBELET = "containerd", "nfs-ganesha", "kubelet"
ORDER = (CONTAINERD, GANESHA, KUBELET)

#: What a machine's proxy and certificate authority settings are called; pulls and downloads need them.
PASSED = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)


def containerd_unit(config: NodeConfig, passed_on: Mapping[str, str]) -> Unit:
    """containerd with our configuration. Its shims outlive it, as they must."""
    argv = (_program("containerd"), "--config", str(config.state / "containerd.toml"))
    return Unit(CONTAINERD, argv, {**passed_on, **_environment(config)}, stop_seconds=20)


def ganesha_unit(config: NodeConfig) -> Unit:
    """nfs-ganesha in the foreground, logging to standard output; SIGHUP makes it read its exports again."""
    argv = (
        _program("ganesha.nfsd"),
        "-F",
        "-L",
        "STDOUT",
        "-f",
        str(config.state / "ganesha.conf"),
        "-p",
        str(config.run / "ganesha.pid"),
    )
    return Unit(GANESHA, argv, _environment(config), stop_seconds=10)


def kubelet_unit(config: NodeConfig) -> Unit:
    """The kubelet with kubeadm's flags. Raises SlipwayError when kubeadm has not written them."""
    flags = config.kubelet_root / "kubeadm-flags.env"
    try:
        argv = kubelet.command(config, kubelet.kubeadm_flags(flags.read_text()))
    except FileNotFoundError as error:
        raise SlipwayError("kubeadm has not run", str(flags), "slipway cluster delete, then start") from error
    return Unit(KUBELET, tuple(argv), _environment(config), stop_seconds=20)


def _program(name: str) -> str:
    path = shutil.which(name, path=environment()["PATH"])
    if not path:
        raise SlipwayError(f"{name} is not installed", "host packages", "slipway doctor")
    return str(Path(path))


def _environment(config: NodeConfig) -> dict[str, str]:
    # The mount program of our own comes first in the kubelet's PATH where the kernel has no NFS client.
    return {"PATH": f"{config.state / 'libexec'}:{SYSTEM_PATH}", "HOME": "/root", "LC_ALL": "C"}


def passed(environ: Mapping[str, str]) -> dict[str, str]:
    """What of a user's environment containerd needs to pull images."""
    return {name: environ[name] for name in PASSED if environ.get(name)}
