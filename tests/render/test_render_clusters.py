"""Overlays for clusters that exist: each value stated once, placement, TLS, what only the user knows."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest
import yaml
from slipway import paths
from slipway.catalog import load_catalog
from slipway.errors import BadInput
from slipway.render import Facts, Rendered, render, shared
from slipway.render.images import unchanged
from slipway.render.kustomize import command
from slipway.render.settings import read_env
from slipway.storage import check

ROOT = paths.distribution()
CLUSTERS = ("aks", "eks", "gke", "kind", "onprem")
CLOUDS = ("aks", "eks", "gke")
PARTS = ("Deployment", "StatefulSet", "Job")


class Tree(Protocol):
    """The fixture of conftest.py."""

    def overlay(self, overlay: str, project: str = "workbench") -> Mapping[str, Rendered]: ...


def some(cluster: str, *names: str, **values: object) -> dict[str, Rendered]:
    """Some components, with shared values."""
    return render(load_catalog(ROOT, cluster, names, follow=False), {}, Facts(shared=values), unchanged)


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_what_components_share_stands_in_one_file(cluster: str) -> None:
    common = shared.known(ROOT, cluster)
    assert {"node_label", "node_value", "taint_key", "taint_value", "helper_image"} <= set(common)
    for path in ROOT.glob(f"overlays/{cluster}/*/settings.env"):
        assert not set(common) & set(read_env(path)), path
        assert set(read_env(path)), path


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_every_shared_value_has_an_effect(cluster: str) -> None:
    texts = [path.read_text() for path in ROOT.glob("manifests/**/kustomization.yaml")]
    components = load_catalog(ROOT, cluster).components.values()
    for name in shared.known(ROOT, cluster):
        declared = any(component.setting(name) for component in components)
        assert declared or any(f"data.{name}}}" in text for text in texts), name


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_the_platforms_pods_keep_to_their_nodes(cluster: str, rendered: Tree) -> None:
    terms = "requiredDuringSchedulingIgnoredDuringExecution"
    for place, component in rendered.overlay(cluster).items():
        for obj in component.objects:
            # The NFS driver is on every node, and its controller with it.
            if obj["kind"] in PARTS and place != "csi-driver-nfs":
                pod, name = obj["spec"]["template"]["spec"], obj["metadata"]["name"]
                chosen = pod["affinity"]["nodeAffinity"][terms]["nodeSelectorTerms"]
                assert chosen == [{"matchExpressions": [
                    {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]}], name  # fmt: skip
                assert {"key": "dedicated", "operator": "Equal", "value": "ml-platform"} in pod["tolerations"], name


def test_one_value_moves_all_to_a_node_pool() -> None:
    names = ("seldon", "training-operator", "jupyterhub", "storage")
    found = some("gke", *names, node_label="cloud.google.com/gke-nodepool", node_value="ml", taint_value="gpu")
    pods = [o["spec"]["template"]["spec"] for item in found.values() for o in item.objects if o["kind"] in PARTS]
    assert len(pods) == 5
    for pod in pods:
        assert "'key': 'cloud.google.com/gke-nodepool', 'operator': 'In', 'values': ['ml']" in str(pod["affinity"])
        assert pod["tolerations"][0]["value"] == "gpu"


def test_one_address_reaches_all_volumes() -> None:
    found = some("onprem", "storage", "nfs-provisioner", nfs_server="192.0.2.20", nfs_path="/srv/ml")
    sources = [o["spec"]["nfs"] for o in found["storage"].objects if o["kind"] == "PersistentVolume"]
    assert {source["server"] for source in sources} == {"192.0.2.20"}
    assert {"/srv/ml/data", "/srv/ml/logs"} < {source["path"] for source in sources} and len(sources) == 6
    pod = next(o for o in found["nfs-provisioner"].objects if o["kind"] == "Deployment")["spec"]["template"]["spec"]
    assert pod["volumes"][0]["nfs"] == {"server": "192.0.2.20", "path": "/srv/ml/dynamic"}
    environment = {entry["name"]: entry["value"] for entry in pod["containers"][0]["env"]}
    assert environment["NFS_SERVER"] == "192.0.2.20" and environment["NFS_PATH"] == "/srv/ml/dynamic"


@pytest.mark.parametrize("cluster", ["ci", "embedded", *CLUSTERS])
def test_what_only_the_user_knows_is_asked_for(cluster: str, rendered: Tree) -> None:
    wanted = {"eks": "components.storage.settings.file_system_id", "onprem": "components.storage.settings.nfs_server"}
    if cluster not in wanted:
        check.unset(rendered.overlay(cluster))
        return
    with pytest.raises(BadInput) as asked:
        check.unset(rendered.overlay(cluster))
    assert wanted[cluster] in str(asked.value) and asked.value.exit_code == 2
    check.unset(some("onprem", "storage", nfs_server="192.0.2.20"))


@pytest.mark.parametrize("cluster", CLOUDS)
def test_the_class_of_the_claims_is_one_of_the_overlay(cluster: str, rendered: Tree) -> None:
    objects = [obj for item in rendered.overlay(cluster).values() for obj in item.objects]
    classes = {obj["metadata"]["name"] for obj in objects if obj["kind"] == "StorageClass"}
    claims = [obj for obj in rendered.overlay(cluster)["storage"].objects if obj["kind"] == "PersistentVolumeClaim"]
    assert len(claims) == 6
    for claim in claims:
        assert claim["spec"]["storageClassName"] in classes
        assert "volumeName" not in claim["spec"]
    assert "nfs-csi" in classes


@pytest.mark.parametrize(
    ("cluster", "parts"), [*((cluster, ("tls",)) for cluster in CLUSTERS), ("onprem", ("host-ports", "tls"))]
)
def test_a_gateway_with_a_certificate(cluster: str, parts: tuple[str, ...], tmp_path: Path) -> None:
    """Without Slipway (docs/clusters/without-slipway.md): one line more in the gateway's kustomization.yaml."""
    for part in ("manifests/gateway", "manifests/shared", f"overlays/{cluster}/common", f"overlays/{cluster}/gateway"):
        shutil.copytree(ROOT / part, tmp_path / part)
    path = tmp_path / "overlays" / cluster / "gateway" / "kustomization.yaml"
    document = yaml.safe_load(path.read_text())
    settings = next(i for i, entry in enumerate(document["components"]) if entry.endswith("/settings"))
    base = document["components"][settings].removesuffix("/settings")
    document["components"][settings:settings] = [f"{base}/{part}" for part in parts]
    path.write_text(yaml.safe_dump(document))
    values = path.with_name("settings.env")
    text = values.read_text().replace("=gateway-tls", "=own-certificate")
    values.write_text(text.replace("cleartext=Reject", "cleartext=Redirect"))
    done = subprocess.run([*command(), str(path.parent)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = {(obj["kind"], obj["metadata"]["name"]): obj for obj in yaml.safe_load_all(done.stdout)}
    host = found["Host", "any"]["spec"]
    assert host["tlsSecret"] == {"name": "own-certificate"}
    assert host["requestPolicy"]["insecure"]["action"] == "Redirect"
    assert 443 in [port["port"] for port in found["Service", "ambassador"]["spec"]["ports"]]
    if "host-ports" in parts:
        ports = found["Deployment", "gateway"]["spec"]["template"]["spec"]["containers"][0]["ports"]
        assert [port["hostPort"] for port in ports[:2]] == [80, 443]


@pytest.mark.parametrize("cluster", ["kind", "onprem"])
def test_the_provisioner_that_a_cluster_brings_is_left_alone(cluster: str, rendered: Tree) -> None:
    """kind and Rancher's manifest have the same program: objects of these names, a provisioner of this name."""
    theirs = {"local-path-storage", "local-path-provisioner-role", "local-path-provisioner-bind", "standard"}
    objects = rendered.overlay(cluster)["local-path"].objects
    assert {obj["metadata"].get("namespace") for obj in objects} == {None, "local-path"}
    assert not theirs & {obj["metadata"]["name"] for obj in objects}
    provisioners = {obj["provisioner"] for obj in objects if obj["kind"] == "StorageClass"}
    (pod,) = (obj["spec"]["template"]["spec"] for obj in objects if obj["kind"] == "Deployment")
    assert [f"--provisioner-name={name}" for name in provisioners] == pod["containers"][0]["args"][-1:]
    assert provisioners == {"slipway.dev/local-path"}


def test_one_helper_image_reaches_all_that_runs_a_shell() -> None:
    found = some("kind", "local-path", "storage", helper_image="example.com/sh:1")
    assert {item.settings["helper_image"] for item in found.values()} == {"example.com/sh:1"}
    text = str(found["local-path"].objects)
    assert "--helper-image=example.com/sh:1" in text and 'image: "example.com/sh:1"' in text and "busybox" not in text
