"""Where `make upstream` has its programs from: the images that our manifests name, out of a real registry."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import docker_registry
import pytest
import upstream_images as programs
from slipway import artifacts
from slipway.errors import SlipwayError
from slipway.progress import Reporter

FILES = {"manager": "seldon-manager", "tmp/operator-resources": "operator-resources"}


def test_the_manifests_name_an_image_for_each() -> None:
    found = programs.references(programs.rendered(), programs.FILES)
    assert found["katib-controller"] == "ghcr.io/kubeflow/katib/katib-controller:v0.19.0"
    assert found["seldon-core-operator"] == "docker.io/seldonio/seldon-core-operator:1.17.1"
    with pytest.raises(SlipwayError, match="no image nowhere"):
        programs.references(["docker.io/a/b:1"], ["nowhere"])


def layer(path: Path) -> None:
    """A layer with a program, two files in a folder, and another that nobody wants."""
    with tarfile.open(path, "w") as archive:
        for name, mode in (("manager", 0o755), ("tmp/operator-resources/a.yaml", 0o644),
                           ("tmp/operator-resources/b.yaml", 0o644), ("manager2", 0o755)):  # fmt: skip
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size = mode, len(name)
            archive.addfile(entry, io.BytesIO(name.encode()))


def test_files_come_out_of_an_image(tmp_path: Path) -> None:
    artifacts.ensure(["binary/crane"], Reporter())
    crane = artifacts.binary("crane")
    layer(tmp_path / "layer.tar")
    target = tmp_path / "programs"
    with docker_registry.running(tmp_path / "registry") as registry:
        image = f"{registry.host}/seldonio/operator:1"
        subprocess.run([crane, "append", "--new_layer", tmp_path / "layer.tar", "--new_tag", image],
                       check=True, capture_output=True, timeout=120)  # fmt: skip
        programs.extract(crane, image, FILES, target)
        with pytest.raises(SlipwayError, match="the image lacks other"):
            programs.extract(crane, image, {"other": "other"}, target)
        with pytest.raises(SlipwayError, match="cannot be read"):
            programs.extract(crane, f"{registry.host}/seldonio/operator:2", FILES, target)
    found = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    assert found == ["operator-resources/a.yaml", "operator-resources/b.yaml", "seldon-manager"]
    assert (target / "seldon-manager").stat().st_mode & 0o777 == 0o755
