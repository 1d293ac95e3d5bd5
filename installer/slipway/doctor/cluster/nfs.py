"""NFS servers that the plan or the cluster's volumes name."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterable, Mapping, Sequence

from slipway.doctor.cluster import network, pods, rpc
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, ok, skip
from slipway.kube import Obj

REMEDY = "does the server run, and does a firewall let port 2049 through? showmount -e SERVER lists exports"
SECONDS = 15


def run(ctx: Context) -> list[Finding]:
    """Each server from here where its name is known here, else from a pod."""
    objects = [*ctx.objects, *ctx.kube.objects("v1", "PersistentVolume")]
    objects += ctx.kube.objects("storage.k8s.io/v1", "StorageClass")
    named = exports(objects)
    if not named:
        return [skip("no volume, StorageClass or pod of the plan names an NFS server")]
    servers = sorted({server for server, _ in named})
    return [
        each for server in servers for each in look(ctx, server, sorted(path for at, path in named if at == server))
    ]


def exports(objects: Iterable[Obj]) -> set[tuple[str, str]]:
    """(server, directory) of volumes, of StorageClasses of the NFS CSI driver, and of pods' own NFS volumes.

    Of several directories of one server below each other only the outermost.
    """
    pairs = set()
    for obj in objects:
        spec = obj.get("spec") or {}
        template = (spec.get("template") or {}).get("spec") or {}
        volumes = [spec] if obj.get("kind") == "PersistentVolume" else template.get("volumes") or []
        pairs |= {(str(v["nfs"]["server"]), str(v["nfs"].get("path", "/"))) for v in volumes if v.get("nfs")}
        attributes = (
            ((spec.get("csi") or {}).get("volumeAttributes") or {}) if obj.get("kind") == "PersistentVolume" else {}
        )
        parameters = obj.get("parameters") or attributes
        if parameters.get("server") and parameters.get("share"):
            pairs.add((str(parameters["server"]), str(parameters["share"])))
    return {
        (server, path)
        for server, path in pairs
        if not any(
            host == server and other != path and path.startswith(other.rstrip("/") + "/") for host, other in pairs
        )
    }


def look(ctx: Context, server: str, paths: Sequence[str]) -> list[Finding]:
    """One server and what it is to export."""
    try:
        socket.getaddrinfo(server, rpc.PORT)
    except OSError:
        return [inside(ctx, server)]
    call = rpc.null(server)
    return judge(server, call, {} if call else {path: listing(server, path) for path in paths})


def judge(server: str, call: str, listed: Mapping[str, str | None]) -> list[Finding]:
    """``call``: what is wrong with a NULL call; ``listed``: with listing each export, None where it was not tried."""
    if call:
        return [fail(f"NFS server {server}: {call}", REMEDY)]
    wrong = [
        fail(
            f"NFS server {server} answers and does not export {path}: {error}",
            f"export {path} to the nodes: exportfs -v",
        )
        for path, error in listed.items()
        if error
    ]
    how = (
        "an NFS client listed it" if all(error == "" for error in listed.values()) else "no libnfs here to look inside"
    )
    return wrong or [ok(f"{server} answers; {', '.join(listed)}: {how}")]


def listing(server: str, path: str) -> str | None:
    """What libnfs finds wrong with the export; "" for nothing, None without libnfs."""
    if shutil.which("nfs-ls") is None:
        return None
    try:
        done = subprocess.run(
            ["nfs-ls", f"nfs://{server}{path}?version=4"], capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {SECONDS} s"
    return "" if done.returncode == 0 else (done.stderr or done.stdout).strip().rpartition("\n")[2] or "nfs-ls failed"


def inside(ctx: Context, server: str) -> Finding:
    """A name of the cluster's own: a pod connects to it."""
    if not ctx.space:
        return skip(f"{server} is known inside of the cluster only, and no pod can be started")
    done = pods.run(ctx, pods.pod(ctx, network.CONNECT + f"connect {server} {rpc.PORT}"))
    if done.good:
        return ok(f"{server}: a pod connects to port {rpc.PORT}")
    return fail(f"NFS server {server}, asked from a pod: {done.why}", REMEDY)
