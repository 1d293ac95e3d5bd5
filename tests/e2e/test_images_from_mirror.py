"""The list of images is complete: the platform installs from a registry that holds just these and nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from docker_registry import Registry, running
from slipway import artifacts, paths
from slipway.catalog.load import load_lock
from slipway.images.reference import parse
from slipway.kube import Client, Obj
from slipway.node import NodeConfig

Slipway = Callable[..., subprocess.CompletedProcess[str]]
#: What the kubelet says when a container's image is there: pulled now, or before.
PULLED = re.compile(r'image "(?P<image>[^"]+)"')
#: Where the overlay's components and users' pods are; nodes and other tests may have more.
NAMESPACES = (
    "kube-system", "local-path", "workbench", "registry", "argo", "kubeflow", "jupyterhub", "ambassador",
    "seldon-system",
)  # fmt: skip
CTR = ["ctr", "--address", str(NodeConfig().containerd_socket), "--namespace", "k8s.io"]


@pytest.fixture(scope="module")
def mirror() -> Iterator[Registry]:
    """An empty registry on this machine, which containerd may speak to over HTTP: its address is a loopback one."""
    directory = Path(tempfile.mkdtemp(prefix="slipway-mirror-"))
    host = ""
    try:
        with running(directory) as registry:
            host = registry.host
            yield registry
    finally:
        shutil.rmtree(directory)
        for name in images_of_containerd():
            if host and name.startswith(f"{host}/"):
                subprocess.run([*CTR, "images", "rm", name], capture_output=True, check=False)


def images_of_containerd() -> list[str]:
    done = subprocess.run([*CTR, "images", "ls", "-q"], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.split()


def other_versions() -> list[str]:
    """``--set`` for each version that the lock does not name: upgrades in other tests run these, too."""
    root = paths.distribution()
    lock = load_lock(root)
    found = [path.parent for path in root.glob("manifests/*/*/component.yaml")]
    others = [(path.parent.name, path.name) for path in found if lock.get(path.parent.name) != path.name]
    return [f"--set=components.{name}.version='{version}'" for name, version in sorted(others)]


def listed(slipway: Slipway, *more: str) -> list[dict[str, Any]]:
    """``slipway images list`` of the embedded overlay."""
    done = slipway("images", "list", "--output=json", *more, timeout=120)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def outside(texts: set[str]) -> set[str]:
    """Without what users pushed to the platform's own registry."""
    return {text for text in texts if (found := parse(text)) is None or not found.internal}


def name_of(text: str, tags: dict[str, str]) -> str:
    """An image of Slipway by its name alone: a node has it under several tags.

    A mirror on a loopback address is one of the test below, in an earlier run.
    """
    text = re.sub(r"^127\.0\.0\.1:[0-9]+/", "", text)
    found = parse(text)
    return f"slipway.local/{tags.get(text) or found.path}" if found and found.host == "slipway.local" else text


def of_pod(pod: Obj) -> set[str]:
    spec = pod["spec"]
    return {c["image"] for key in ("initContainers", "containers", "ephemeralContainers") for c in spec.get(key) or []}


def seen(kube: Client, before: frozenset[str] = frozenset()) -> dict[str, set[str]]:
    """Image → who used it, by pods and by the kubelet's events of pods that were; not those of ``before``."""
    found: dict[str, set[str]] = {}
    for pod in kube.objects("v1", "Pod"):
        if pod["metadata"]["uid"] not in before:
            for image in of_pod(pod):
                found.setdefault(image, set()).add(f"{pod['metadata']['namespace']}/{pod['metadata']['name']}")
    for event in kube.objects("v1", "Event", fields="reason=Pulled"):
        about, match = event["involvedObject"], PULLED.search(event.get("message") or "")
        if match and about.get("uid") not in before:
            found.setdefault(match["image"], set()).add(f"{about.get('namespace')}/{about.get('name')}")
    return found


def pods_until_now(kube: Client) -> frozenset[str]:
    """The uids of pods that are there, and of those that the events still know."""
    there = {pod["metadata"]["uid"] for pod in kube.objects("v1", "Pod")}
    gone = {str(event["involvedObject"].get("uid")) for event in kube.objects("v1", "Event", fields="reason=Pulled")}
    return frozenset(there | gone)


def test_everything_that_the_cluster_ever_ran_is_listed(slipway: Slipway, kube: Client) -> None:
    """Pods, events, and containerd's own containers, ended ones too."""
    filters = [f'labels."io.kubernetes.pod.namespace"=={namespace}' for namespace in NAMESPACES]
    done = subprocess.run([*CTR, "containers", "ls", *filters], capture_output=True, text=True, timeout=60, check=True)
    ran = {line.split()[1] for line in done.stdout.splitlines()[1:] if len(line.split()) > 1}
    ran |= {image for image, pods in seen(kube).items() if any(pod.split("/")[0] in NAMESPACES for pod in pods)}
    ran = outside({image for image in ran if "/" in image})
    assert len(ran) > 10
    tags = {tag: name for name, spec in artifacts.catalogue().images.items() for tag in spec.tags}
    rows = listed(slipway) + [row for version in other_versions() for row in listed(slipway, version)]
    names = {name_of(row["reference"], {}) for row in rows}
    assert {image for image in ran if name_of(image, tags) not in names} == set()


@pytest.mark.timeout(1800)
def test_the_platform_installs_from_a_registry_with_just_the_listed_images(
    slipway: Slipway, kube: Client, mirror: Registry
) -> None:
    """Every component anew, from names that the node has never seen; every probe passes; then back."""
    rows = [row for row in listed(slipway) if set(row["components"]) - {"(node)", "(smoke test)"}]
    wanted = {row["reference"].rpartition(":")[0] for row in rows}
    components = sorted({name for row in rows for name in row["components"] if not name.startswith("(")})
    only = [f"--only={name}" for name in components]
    copy = ("images", "mirror", "--to", mirror.host, "--insecure", mirror.host, *only)
    done = slipway(*copy, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"{len(wanted)} images copied" in done.stdout
    assert set(mirror.repositories()) == wanted
    before = pods_until_now(kube)
    # Everything at once, on two cores: more patience than a component has by itself.
    patient = ("--set", "timeouts.component=600")
    try:
        done = slipway("install", *patient, "--set", f"images.registry={mirror.host}", timeout=800)
        assert done.returncode == 0, done.stderr[-4000:]
        used = {image: pods for image, pods in seen(kube, before).items() if image in outside({image})}
        elsewhere = {image: pods for image, pods in used.items() if not image.startswith(f"{mirror.host}/")}
        assert elsewhere == {}
        assert len(used) >= len(components)
    finally:
        back = slipway("install", *patient, timeout=800)
    assert back.returncode == 0, back.stderr[-4000:]
    again = slipway(*copy, timeout=300)
    assert f"0 images copied to {mirror.host}, {len(wanted)} were there" in again.stdout
