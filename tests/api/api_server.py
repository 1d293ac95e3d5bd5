"""A real API server for tests and benchmarks: etcd, kube-apiserver and some controllers, on free ports."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml
from slipway import artifacts
from slipway.errors import SlipwayError
from slipway.kube import Client
from slipway.progress import Reporter

CONTROLLERS = (
    "namespace-controller,garbage-collector-controller,serviceaccount-controller,persistentvolume-binder-controller,"
    "persistentvolume-protection-controller,persistentvolumeclaim-protection-controller"
)


@dataclass
class Program:
    """A process of the control plane, which a test may hold up or start again."""

    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]

    @property
    def words(self) -> list[str]:
        """Its command line."""
        return cast(list[str], self.process.args)

    def end(self) -> None:
        """At once, as a crash would; one that has ended stays so."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def restart(self) -> None:
        """A crash, and the next start."""
        self.end()
        self.process = self.start()


@dataclass(frozen=True)
class Server:
    """A running API server; ``programs`` are its processes by name."""

    client: Client
    kubeconfig: Path
    directory: Path
    programs: dict[str, Program]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _binary() -> Path:
    """The multi-call Kubernetes binary: built when it is not."""
    artifacts.ensure(["binary/kubernetes"], Reporter())
    return artifacts.binary("kubernetes")


def _start(binary: Path, directory: Path, program: str, *flags: str) -> subprocess.Popen[bytes]:
    log = (directory / f"{program}.log").open("wb")
    return subprocess.Popen(
        [str(binary), program, *flags], stdout=log, stderr=subprocess.STDOUT, cwd=directory, start_new_session=True
    )


def _write_kubeconfig(path: Path, port: int, token: str, certificate: Path) -> None:
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(certificate)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        "current-context": "test",
    }
    path.write_text(yaml.safe_dump(config))


def _wait_for_file(path: Path, process: subprocess.Popen[bytes]) -> None:
    """The API server signs its own certificate when it starts."""
    end = time.monotonic() + 60
    while not path.is_file() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)


def _wait_until_ready(client: Client, process: subprocess.Popen[bytes], directory: Path) -> None:
    end, last = time.monotonic() + 60, ""
    while True:
        try:
            if client.request("GET", "/readyz", accept="*/*") == "ok":
                return
        except SlipwayError as error:
            last = str(error)
        if process.poll() is not None or time.monotonic() > end:
            log = (directory / "kube-apiserver.log").read_text()[-3000:]
            raise RuntimeError(f"the API server did not start: {last}\n{log}")
        time.sleep(0.1)


@contextmanager
def running(directory: Path, controllers: str = CONTROLLERS, *flags: str) -> Iterator[Server]:
    """A server that keeps its files in ``directory`` and ends with the block; ``flags`` are kube-apiserver's own."""
    binary, token = _binary(), secrets.token_hex(16)
    directory.mkdir(exist_ok=True)
    etcd, peer, api, manager = _free_ports(4)
    (directory / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
    key = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout
    (directory / "sa.key").write_bytes(key)
    kubeconfig = directory / "kubeconfig"
    certificate = directory / "certificates" / "apiserver.crt"
    _write_kubeconfig(kubeconfig, api, token, certificate)
    programs: dict[str, Program] = {}

    def run(program: str, *words: str) -> subprocess.Popen[bytes]:
        def start() -> subprocess.Popen[bytes]:
            return _start(binary, directory, program, *words)

        programs[program] = Program(start, start())
        return programs[program].process

    try:
        run(
            "etcd",
            f"--data-dir={directory}/etcd",
            "--unsafe-no-fsync",
            f"--listen-client-urls=http://127.0.0.1:{etcd}",
            f"--advertise-client-urls=http://127.0.0.1:{etcd}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}",
        )
        server = run(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{etcd}",
            f"--secure-port={api}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            # Pods, of which there are none, would find the server by it; this address is refused for that.
            "--endpoint-reconciler-type=none",
            f"--cert-dir={directory}/certificates",
            "--service-cluster-ip-range=10.97.0.0/16",
            f"--token-auth-file={directory}/tokens.csv",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            "--service-account-issuer=https://test.invalid",
            f"--service-account-key-file={directory}/sa.key",
            f"--service-account-signing-key-file={directory}/sa.key",
            "--disable-admission-plugins=ServiceAccount",
            *flags,
        )
        _wait_for_file(certificate, server)
        client = Client.from_kubeconfig(kubeconfig)
        _wait_until_ready(client, server, directory)
        run(
            "kube-controller-manager",
            f"--kubeconfig={kubeconfig}",
            f"--secure-port={manager}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            "--pvclaimbinder-sync-period=1s",
            f"--controllers={controllers}",
            f"--cert-dir={directory}/certificates",
        )
        yield Server(client, kubeconfig, directory, programs)
    finally:
        for program in reversed(programs.values()):
            program.end()
