"""Bringing the node up: a list of steps, each of which finds out what is left to do."""

from __future__ import annotations

import datetime
import os
from concurrent.futures import Future, ThreadPoolExecutor

from slipway.errors import SlipwayError
from slipway.host import packages
from slipway.node import (
    addons,
    certificates,
    cgroup,
    containers,
    control_plane,
    images,
    kubectl,
    ready,
    resolver,
    routes,
    service_filter,
    state,
    storage,
    sysctl,
)
from slipway.node import address as addresses
from slipway.node.config import NodeConfig
from slipway.node.lock import exclusive
from slipway.node.process_manager import ProcessManager, process_manager
from slipway.node.shut_down import end_everything
from slipway.node.units import KUBELET, kubelet_unit
from slipway.progress import Reporter


def start(config: NodeConfig, reporter: Reporter) -> None:
    """Have a healthy node. Raises SlipwayError with the step that failed."""
    state.need_root()
    _refuse_foreign(config)
    state.refuse_changes(config)
    # What the node makes is used by containers of other users: a caller's stricter mask must not close it to them.
    os.umask(0o022)
    with exclusive(), reporter.step("cluster", "start"):
        packages.ensure("node", reporter)
        # A cluster keeps the build that it was made with: another one would not match its control plane.
        if not (state.initialised(config) and kubectl.linked(config)):
            kubectl.link_programs(config, images.kubernetes_binary(reporter))
        elif state.kept(config):
            reporter.say(
                f"the cluster stays Kubernetes {state.version(config)}; {config.kubernetes_version} is here: "
                "slipway cluster upgrade"
            )
        sysctl.ensure()
        cgroup.prepare()
        address = addresses.record(config)
        if addresses.ensure_present(address):
            reporter.say(f"the machine has lost the address {address}: kept on {addresses.HOLDER}")
        if routes.ensure(config, address):
            reporter.say(f"the machine has no default route: one to the Services was added ({config.service_cidr})")
        service_filter.ensure(config)
        resolver.prepare(config, address)
        containers.clear_after_boot(config)
        keep = process_manager(config)
        _renew_certificates(config, keep, reporter)
        with ThreadPoolExecutor(max_workers=3, thread_name_prefix="node") as pool:
            _run(config, keep, address, reporter, pool)


def _run(config: NodeConfig, keep: ProcessManager, address: str, reporter: Reporter, pool: ThreadPoolExecutor) -> None:
    was_running = any(unit["name"] == KUBELET and unit["state"] == "running" for unit in keep.units())
    since = None if was_running else datetime.datetime.now(datetime.UTC)
    nfs = pool.submit(_nfs, config, keep, address, reporter)
    with reporter.step("cluster", "containerd", announce=False):
        containers.start(config, keep)
        ready.wait("containerd", lambda: containers.check(config), config, reporter, 60)
    imported: Future[None] = pool.submit(_import, config, reporter)
    if state.initialised(config):
        imported.result()
        keep.apply(kubelet_unit(config))
    else:
        with reporter.step("cluster", "control plane"):
            control_plane.initialise(config, keep, address, imported.result)
            addons.reserve(ready.client(config))
    with reporter.step("cluster", "node ready", announce=False):
        ready.await_node(config, reporter, since=since)
    nfs.result()


def _nfs(config: NodeConfig, keep: ProcessManager, address: str, reporter: Reporter) -> None:
    with reporter.step("cluster", "NFS server", announce=False):
        how = storage.start(config, keep, address)
        ready.wait("nfs-ganesha", lambda: storage.check(config), config, reporter, 30)
    reporter.say(how)


def _import(config: NodeConfig, reporter: Reporter) -> None:
    if state.initialised(config) and not images.lacks_control_plane(config, containers.images(config)):
        return
    with reporter.step("cluster", "control plane's image", announce=False):
        images.import_control_plane(config, reporter)


def _refuse_foreign(config: NodeConfig) -> None:
    traces = state.foreign_kubernetes(config)
    if traces:
        raise SlipwayError(
            f"another Kubernetes is on this machine: {traces}",
            "slipway cluster",
            "use it: slipway install --kubeconfig FILE; or remove it first (kubeadm reset)",
        )


def _renew_certificates(config: NodeConfig, keep: ProcessManager, reporter: Reporter) -> None:
    if not state.initialised(config):
        return
    names = certificates.due(config, datetime.datetime.now(datetime.UTC))
    if names:
        with reporter.step("cluster", f"renew certificates: {', '.join(names)}"):
            end_everything(config, keep)
            certificates.renew(config, names)
