"""The clusters' pages, followed to the letter: without Slipway every object is there; with it, a plan is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_lines import words_of
from exported import commands, run
from slipway import artifacts, paths
from slipway.catalog import load_catalog
from slipway.cli.main import main
from slipway.kube import Client, ref_of
from slipway.progress import Reporter
from slipway.render import Facts, render
from slipway.render.images import unchanged

ROOT = paths.distribution()
PAGE = ROOT / "docs/clusters/without-slipway.md"
#: Those of the registry: the page says who makes them.
OTHERS = {"registry"}


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with kubectl, kustomize and helm, under the names that the page uses."""
    programs = {"kubectl": "kubernetes", "kustomize": "kustomize", "helm": "helm"}
    artifacts.ensure([f"binary/{program}" for program in programs.values()], Reporter("plain"))
    directory = tmp_path_factory.mktemp("tools")
    for name, program in programs.items():
        (directory / name).symlink_to(artifacts.binary(program))
    return directory


@pytest.mark.parametrize("overlay", ["gke", "onprem"])
def test_the_page_installs_every_object(
    overlay: str, fresh_server: Any, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = commands(PAGE.read_text())
    monkeypatch.setenv("OVERLAY", overlay)
    run(block, ROOT, tools, fresh_server.kubeconfig)
    client: Client = fresh_server.client
    off = {"csi-driver-nfs", "nfs-server", "nfs-provisioner"}
    rendered = render(load_catalog(ROOT, overlay).without(off), {}, Facts(), unchanged)
    refs = {ref_of(obj) for item in rendered.values() for obj in item.objects}
    assert [str(ref) for ref in refs if client.get(ref.api_version, ref.kind, ref.name, ref.namespace) is None] == []
    secrets = [secret for name, item in rendered.items() if name not in OTHERS for secret in item.component.secrets]
    first = {secret.name: keys(client, secret.namespace, secret.name) for secret in secrets}
    assert {name: set(found) for name, found in first.items()} == {s.name: set(s.keys) for s in secrets}
    if overlay == "gke":
        run(block, ROOT, tools, fresh_server.kubeconfig)
    assert {secret.name: keys(client, secret.namespace, secret.name) for secret in secrets} == first


def keys(client: Client, namespace: str, name: str) -> dict[str, str]:
    found = client.get("v1", "Secret", name, namespace)
    return dict(found["data"]) if found else {}


@pytest.mark.parametrize("overlay", ["aks", "eks", "gke", "kind", "onprem"])
def test_the_pages_command_is_taken(overlay: str, module_server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """``slipway install`` as the page writes it, planned: every object is asked of the API server, none is made."""
    text = (ROOT / f"docs/clusters/{overlay}.md").read_text()
    line = next(line for line in text.splitlines() if line.startswith("slipway install "))
    with pytest.raises(SystemExit) as ended:
        main(["--kubeconfig", str(module_server.kubeconfig), "plan", *words_of(line)[2:]])
    told = capsys.readouterr()
    assert ended.value.code == 0, told.err
    for name in load_catalog(ROOT, overlay).components:
        assert name in told.out or name in {"csi-driver-nfs", "nfs-server", "nfs-provisioner"}
