"""Upstream's published images instead of ours: all of them, in every version that can be installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from slipway import paths
from slipway.kube import Obj
from slipway.render.kustomize import build

ROOT = paths.distribution()
#: A version with a part for upstream's images, and the images that this must bring.
PUBLISHED = {
    "argo/3.6.12": [f"quay.io/argoproj/{name}:v3.6.12" for name in ("argocli", "argoexec", "workflow-controller")],
    "argo/3.7.18": [f"quay.io/argoproj/{name}:v3.7.18" for name in ("argocli", "argoexec", "workflow-controller")],
    "local-path/0.0.30": ["docker.io/library/busybox:1.37.0", "docker.io/rancher/local-path-provisioner:v0.0.30"],
    "registry/2.8": ["docker.io/library/registry:2.8.3"],
    "training-operator/1.9.4": [
        "docker.io/library/alpine:3.10",
        "ghcr.io/kubeflow/training-v1/kubectl-delivery:v1-93c5489",
        "ghcr.io/kubeflow/training-v1/training-operator:v1-93c5489",
    ],
}


def built(version: str, work: Path) -> list[Obj]:
    """The base of a version with its server, where there is one, and upstream's images."""
    base = ROOT / "manifests" / version
    parts = [name for name in ("server", "published") if (base / name).is_dir()]
    # Kustomize takes paths relative to the file only.
    above = "/".join([".."] * (len(work.resolve().parts) - 1)) + str(base)
    options = {"annotations": {"config.kubernetes.io/local-config": "true"}}
    settings = {"name": "settings", "literals": ["helper_image=docker.io/library/busybox:1.37.0"], "options": options}
    kustomization = {
        "resources": [above],
        "components": [f"{above}/{part}" for part in parts],
        "configMapGenerator": [settings],
    }
    (work / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return build(work, version)


def test_every_version_with_published_images_is_tested() -> None:
    found = {str(path.parent.relative_to(ROOT / "manifests")) for path in ROOT.glob("manifests/*/*/published")}
    assert found == set(PUBLISHED)


@pytest.mark.parametrize("version", PUBLISHED)
def test_no_image_of_ours_is_left(version: str, tmp_path: Path) -> None:
    text = yaml.safe_dump_all(built(version, tmp_path))
    assert "slipway.local/" not in text
    assert [image for image in PUBLISHED[version] if image not in text] == []


@pytest.mark.parametrize("version", PUBLISHED)
def test_containers_run_as_somebody(version: str, tmp_path: Path) -> None:
    """An image without a user of its own needs one in the manifests, or runAsNonRoot keeps it from starting."""
    own_user = re.compile(r"quay\.io/argoproj/(argocli|workflow-controller):")
    for obj in built(version, tmp_path):
        if obj["kind"] == "Deployment":
            pod = obj["spec"]["template"]["spec"]
            container = pod["containers"][0]
            user = {**pod.get("securityContext", {}), **container.get("securityContext", {})}
            assert own_user.match(container["image"]) or "runAsUser" in user, container["image"]
