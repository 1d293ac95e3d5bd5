"""Upstream's own programs, run as their Pods would: with a ServiceAccount's token and what our manifests say."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import yaml
from api_server import Server
from slipway import paths
from slipway.catalog import load_catalog
from slipway.catalog.selection import Choice
from slipway.kube import Client, Obj
from slipway.release.objects.order import stages
from slipway.render import Facts, render
from slipway.render.images import unchanged

#: The directory with the programs that are in no package; see `make upstream`.
VARIABLE = "SLIPWAY_UPSTREAM"


def program(name: str) -> Path | None:
    """A program of $SLIPWAY_UPSTREAM, None where that is not set. Raises FileNotFoundError when it is not there."""
    directory = os.environ.get(VARIABLE)
    if not directory:
        return None
    return (Path(directory) / name).resolve(strict=True)


def upstream(name: str, overlay: str = "ci") -> tuple[Obj, ...]:
    """The objects of a component's upstream edition, with upstream's references of images."""
    catalog = load_catalog(
        paths.distribution(), overlay, [name], follow=False, choices={name: Choice(edition="upstream")}
    )
    return render(catalog, {}, Facts("workbench", lambda: "192.0.2.10"), unchanged)[name].objects


def apply(client: Client, objects: list[Obj]) -> None:
    """Apply them in the installer's order."""
    for group in stages(objects):
        for obj in group:
            client.apply(obj)
        client.refresh_discovery()


def write_kubeconfig(server: Server, namespace: str, account: str, path: Path) -> None:
    """A kubeconfig with a token of this ServiceAccount: its rights and no others."""
    place = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    answer = server.client.request("POST", place, body=body)
    config = yaml.safe_load(server.kubeconfig.read_text())
    cluster = config["clusters"][0]["cluster"]
    authority = Path(cluster.pop("certificate-authority")).read_bytes()
    cluster["certificate-authority-data"] = base64.b64encode(authority).decode()
    config["users"][0]["user"] = {"token": answer["status"]["token"]}
    config["contexts"][0]["context"]["namespace"] = namespace
    path.touch(0o600)
    path.write_text(yaml.safe_dump(config))


def environment(objects: tuple[Obj, ...], deployment: str, given: Mapping[str, str]) -> dict[str, str]:
    """What a Deployment's container gets as its environment; ``given`` stands for what only a Pod or a Secret has.

    Raises KeyError for a value from elsewhere that is not given.
    """
    (found,) = (obj for obj in objects if obj["kind"] == "Deployment" and obj["metadata"]["name"] == deployment)
    entries = found["spec"]["template"]["spec"]["containers"][0].get("env", [])
    values = {entry["name"]: entry["value"] if "value" in entry else given[entry["name"]] for entry in entries}
    return values | dict(given)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody has."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


#: A mount namespace in which a directory is /tmp, with the program in it.
_CONFINED = """
touch "$1/program" && mount --bind "$2" "$1/program"
if [ -f "$1/hosts" ]; then mount --bind "$1/hosts" /etc/hosts; fi
if [ -d "$1/serviceaccount" ]; then
  mount -t tmpfs none /run
  mkdir -p /run/secrets/kubernetes.io/serviceaccount
  mount --bind "$1/serviceaccount" /run/secrets/kubernetes.io/serviceaccount
fi
mount --rbind "$1" /tmp
shift 2
exec /tmp/program "$@"
"""


def confined(directory: Path, program: Path, *arguments: str) -> list[str | Path]:
    """The words that run a program with ``directory`` as its /tmp, for where it keeps certificates is no setting of it.

    The directory's file ``hosts`` is its /etc/hosts, and ``serviceaccount`` lies where a Pod has that. Takes root.
    """
    return ["unshare", "-m", "sh", "-ec", _CONFINED, "sh", directory, program, *arguments]


@contextmanager
def started(words: list[str | Path], env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program and all that it starts, ended in the end; ``env`` is all of its environment but the PATH."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            env={"PATH": os.environ["PATH"], **env},
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def alive(process: subprocess.Popen[bytes], log: Path) -> None:
    """Raises AssertionError with the end of its log when a program has ended."""
    assert process.poll() is None, f"it ended with {process.returncode}:\n{log.read_text(errors='replace')[-3000:]}"


def forbidden(log: Path) -> list[str]:
    """What its account was refused, line by line."""
    return [line for line in log.read_text(errors="replace").splitlines() if "is forbidden" in line]
