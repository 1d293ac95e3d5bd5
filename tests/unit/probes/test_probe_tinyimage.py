"""The image of the registry's probe: its program runs, its digests agree, its bytes never change."""

from __future__ import annotations

import gzip
import io
import json
import platform
import subprocess
import tarfile
from pathlib import Path

import pytest
from slipway.readiness.probes.tinyimage import image, program, sha256

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def test_the_program_runs_and_ends_with_code_0(tmp_path: Path) -> None:
    path = tmp_path / "true"
    path.write_bytes(program(MACHINES[platform.machine()]))
    path.chmod(0o755)
    assert subprocess.run([path], check=False).returncode == 0


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_the_digests_of_the_manifest_are_those_of_the_blobs(architecture: str) -> None:
    picture = image(architecture)
    manifest = json.loads(picture.manifest)
    assert sha256(picture.manifest) == picture.digest
    for part in (manifest["config"], *manifest["layers"]):
        data = picture.blobs[part["digest"]]
        assert (sha256(data), len(data)) == (part["digest"], part["size"])


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_the_configuration_names_the_unpacked_layer(architecture: str) -> None:
    picture = image(architecture)
    manifest = json.loads(picture.manifest)
    config = json.loads(picture.blobs[manifest["config"]["digest"]])
    layer = gzip.decompress(picture.blobs[manifest["layers"][0]["digest"]])
    assert config["architecture"] == architecture
    assert config["rootfs"]["diff_ids"] == [sha256(layer)]
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        (member,) = archive.getmembers()
    assert f"/{member.name}" == config["config"]["Cmd"][0]
    assert member.mode & 0o111


def test_the_same_bytes_every_time() -> None:
    assert image("amd64") == image("amd64")


def test_another_architecture_is_refused() -> None:
    with pytest.raises(KeyError):
        program("s390x")
