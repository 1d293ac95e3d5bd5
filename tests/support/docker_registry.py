"""A real registry on this machine: the docker-registry of Slipway's own image, in a directory of the test."""

from __future__ import annotations

import atexit
import functools
import json
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bcrypt
import yaml
from slipway import artifacts
from slipway.artifacts import layout
from slipway.clients.registry import RegistryClient
from slipway.errors import NotYet
from slipway.progress import Reporter
from slipway.readiness.probes.tinyimage import MANIFEST_TYPE, image, sha256

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
_PROGRAM = "usr/bin/docker-registry"
_SECONDS = 60


@dataclass(frozen=True)
class Registry:
    """A running registry: ``host`` is address:port."""

    host: str
    directory: Path
    client: RegistryClient

    def repositories(self) -> list[str]:
        """What it holds."""
        root = self.directory / "data" / "docker" / "registry" / "v2" / "repositories"
        return sorted(str(path.parent.relative_to(root)) for path in root.rglob("_manifests"))

    def push(self, repository: str, tag: str, architecture: str = "amd64") -> str:
        """Put a small image there that runs and ends; its digest."""
        picture = image(architecture)
        for digest, data in picture.blobs.items():
            self.client.push_blob(repository, digest, data)
        self.client.push_manifest(repository, tag, picture.manifest, MANIFEST_TYPE)
        return picture.digest

    def push_index(self, repository: str, tag: str, architectures: tuple[str, ...] = ("amd64", "arm64")) -> str:
        """Put an index of one image per architecture there; its digest."""
        entries = []
        for architecture in architectures:
            self.push(repository, f"{tag}-{architecture}", architecture)
            data = image(architecture).manifest
            entry = {"mediaType": MANIFEST_TYPE, "digest": sha256(data), "size": len(data)}
            entries.append({**entry, "platform": {"architecture": architecture, "os": "linux"}})
        index = json.dumps({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries}).encode()
        self.client.push_manifest(repository, tag, index, INDEX_TYPE)
        return sha256(index)


@functools.cache
def program() -> Path:
    """The registry's program, taken out of the built image (it is built when it is not), once for all tests."""
    directory = Path(tempfile.mkdtemp(prefix="slipway-registry-"))
    atexit.register(shutil.rmtree, directory)
    target = directory / "docker-registry"
    built = artifacts.ensure(["image/registry"], Reporter())["image/registry"].path
    for layer in reversed(layout.manifest(built)["layers"]):
        with tarfile.open(layout.blob(built, layer["digest"])) as archive:
            try:
                source = archive.extractfile(_PROGRAM)
            except KeyError:
                continue
            assert source is not None
            target.write_bytes(source.read())
            target.chmod(0o755)
            return target
    raise AssertionError(f"{_PROGRAM} is in no layer of {built}")


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(directory: Path, username: str = "", password: str = "", address: str = "127.0.0.1") -> Iterator[Registry]:
    """A registry on an address of this machine, open to all or to one user; its data stay in ``directory``."""
    port = free_port()
    directory.mkdir(parents=True, exist_ok=True)
    configuration: dict[str, Any] = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(directory / "data")}, "delete": {"enabled": True}},
        "http": {"addr": f"{address}:{port}"},
    }
    if username:
        line = f"{username}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(5)).decode()}\n"
        (directory / "htpasswd").write_text(line)
        configuration["auth"] = {"htpasswd": {"realm": "test", "path": str(directory / "htpasswd")}}
    (directory / "config.yml").write_text(yaml.safe_dump(configuration))
    with (directory / "registry.log").open("wb") as log:
        process = subprocess.Popen([program(), "serve", directory / "config.yml"], stdout=log, stderr=subprocess.STDOUT)
    try:
        client = RegistryClient(f"http://{address}:{port}", username, password)
        _wait(client, process, directory)
        yield Registry(f"{address}:{port}", directory, client)
    finally:
        process.terminate()
        process.wait(30)


def _wait(client: RegistryClient, process: subprocess.Popen[bytes], directory: Path) -> None:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if client.call("GET", "/v2/").status == 200:
                return
        except NotYet:
            time.sleep(0.1)
    raise AssertionError(f"the registry did not start:\n{(directory / 'registry.log').read_text()[-2000:]}")
