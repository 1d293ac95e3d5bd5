"""Exports without a cluster: what the tools' own builders make of them, order, forms of GitOps controllers' objects."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from slipway import paths
from slipway.catalog import load_catalog
from slipway.cli.main import cli
from slipway.errors import BadInput
from slipway.export import flux, formats, helm
from slipway.export.model import Repository, repository
from slipway.export.source import Source, source
from slipway.export.text import dump
from slipway.export.write import write
from slipway.kube import Obj, Ref, ref_of
from slipway.kube.objects import identity
from slipway.release.ownership.empty_namespace import in_every_namespace
from slipway.render import Rendered
from slipway.render import helm as helm_program
from slipway.render import kustomize as kustomize_program

ROOT = paths.distribution()
SOURCE = Source("https://git.example.com/platform", "main", "clusters/one")
#: One of each kind: images of ours on this machine, published ones in a cloud.
CLUSTERS = ("ci", "gke")
FORMS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "gitops-forms.yaml").read_text())


class Tree(Protocol):
    """The fixture of conftest.py."""

    def overlay(self, overlay: str, project: str = "workbench") -> Mapping[str, Rendered]: ...


@pytest.fixture(params=CLUSTERS)
def exported(request: pytest.FixtureRequest, rendered: Tree) -> Repository:
    """The parts of an overlay."""
    overlay = str(request.param)
    catalog, found = load_catalog(ROOT, overlay), rendered.overlay(overlay)
    requires = {name: tuple(o for o in (*c.requires, *c.after) if o in found) for name, c in catalog.components.items()}
    timeouts = dict.fromkeys(found, 100)
    return repository(found, catalog.waves(), requires, timeouts, overlay=overlay, project="workbench", version="0.1.0")


def objects(exported: Repository) -> dict[Ref, Obj]:
    return {ref_of(obj): obj for part in exported.parts for obj in part.objects}


def plain(obj: Obj) -> Obj:
    """Without the annotations that an export adds."""
    ours = ("argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.sh/")
    copy: Obj = json.loads(json.dumps(obj))
    kept = {k: v for k, v in (copy["metadata"].get("annotations") or {}).items() if not k.startswith(ours)}
    copy["metadata"].pop("annotations", None)
    return {**copy, "metadata": {**copy["metadata"], **({"annotations": kept} if kept else {})}}


def read(text: str) -> dict[Ref, Obj]:
    return {ref_of(obj): plain(obj) for obj in yaml.load_all(text, Loader=yaml.CSafeLoader) if obj}


def build(directory: Path) -> dict[Ref, Obj]:
    words = [*kustomize_program.command(), str(directory)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return read(done.stdout)


def test_nothing_is_lost_and_nothing_stands_twice(exported: Repository, rendered: Tree) -> None:
    refs = {ref for item in rendered.overlay(exported.overlay).values() for ref in item.refs}
    # What Kubernetes makes in every namespace is the one thing that Helm would not take over.
    everything = {identity(ref) for ref in refs if not in_every_namespace(ref)}
    assert len(refs) - len(everything) == 1
    listed = [identity(ref_of(obj)) for part in exported.parts for obj in part.objects]
    assert len(listed) == len(set(listed))
    assert set(listed) == everything


def test_waves_are_the_catalogs(exported: Repository, tmp_path: Path) -> None:
    write(formats.files(exported, "kustomize"), tmp_path)
    steps = sorted(path.name for path in (tmp_path / "waves").iterdir())
    assert steps == [step.name for step in exported.steps()]
    position: dict[str, int] = {}
    seen: dict[Ref, Obj] = {}
    for number, name in enumerate(steps):
        built = build(tmp_path / "waves" / name)
        seen |= built
        for obj in built.values():
            if number:
                position.setdefault(obj["metadata"]["labels"]["slipway.dev/component"], number)
    assert seen == {ref: plain(obj) for ref, obj in objects(exported).items()}
    for name, needed in exported.requires.items():
        assert all(position[other] < position[name] for other in needed), name


def test_charts_give_the_literal_objects(exported: Repository, tmp_path: Path) -> None:
    write(formats.files(exported, "helm"), tmp_path)
    seen: dict[Ref, Obj] = {}
    for release in helm.releases(exported):
        words = [helm_program.command(), "template", "x", str(tmp_path / "charts" / release.chart), "--include-crds"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        seen |= read(done.stdout)
    assert seen == {ref: plain(obj) for ref, obj in objects(exported).items()}
    waves = [release.wave for release in helm.releases(exported)]
    assert waves == sorted(waves)


def test_braces_of_the_objects_are_no_actions(tmp_path: Path) -> None:
    texts = [
        "{{ .Values.x }}",
        "a {{- b }} {{{c}}}",
        "}}{{",
        '{{ "{{" }}',
        "{{/* no comment */}}\nsecond: {{line}}\n",
        "y",
        "0o7",
    ]
    meta = {"name": "braces", "namespace": "default"}
    data = {f"k{number}": text for number, text in enumerate(texts)}
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: braces, version: 0.1.0}")
    (chart / "templates" / "x.yaml").write_text(helm.literal(dump(obj)))
    words = [helm_program.command(), "template", "x", str(chart)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert list(read(done.stdout).values()) == [obj]


def test_applications(exported: Repository, tmp_path: Path) -> None:
    write(formats.files(exported, "argocd", SOURCE), tmp_path)
    root = yaml.safe_load((tmp_path / "root.yaml").read_text())
    jsonschema.validate(root, FORMS["Application"])
    assert root["spec"]["source"]["path"] == "clusters/one/applications"
    applications = build_raw(tmp_path / "applications")
    seen: dict[Ref, Obj] = {}
    waves: dict[int, list[str]] = {}
    for application in applications:
        jsonschema.validate(application, FORMS["Application"])
        wave = int(application["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"])
        waves.setdefault(wave, []).append(application["metadata"]["name"].removeprefix("slipway-"))
        assert "ServerSideApply=true" in application["spec"]["syncPolicy"]["syncOptions"]
        path = application["spec"]["source"]["path"].removeprefix("clusters/one/")
        seen |= build(tmp_path / path)
    assert seen == {ref: plain(obj) for ref, obj in objects(exported).items()}
    assert [sorted(waves[number]) for number in sorted(waves)] == [sorted(wave) for wave in exported.waves]


def test_objects_of_an_application_come_in_stages(exported: Repository, tmp_path: Path) -> None:
    write(formats.files(exported, "argocd", SOURCE), tmp_path)
    waves: dict[str, set[int]] = {}
    for path in (tmp_path / "components").glob("*/*/*.yaml"):
        obj = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
        if obj["kind"] != "Kustomization":
            annotations = obj["metadata"]["annotations"]
            waves.setdefault(obj["kind"], set()).add(int(annotations["argocd.argoproj.io/sync-wave"]))
            kept = obj["kind"] in ("Namespace", "PersistentVolume", "PersistentVolumeClaim")
            assert ("argocd.argoproj.io/sync-options" in annotations) == kept
    assert max(waves["Namespace"]) < min(waves["CustomResourceDefinition"]) < min(waves["Deployment"])


def build_raw(directory: Path) -> list[Obj]:
    words = [*kustomize_program.command(), str(directory)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    return [obj for obj in yaml.safe_load_all(done.stdout) if obj]


def test_flux_kustomizations(exported: Repository, tmp_path: Path) -> None:
    write(formats.files(exported, "flux", SOURCE), tmp_path)
    built = build_raw(tmp_path / "flux")
    for obj in built:
        jsonschema.validate(obj, FORMS[obj["kind"]])
    found = {obj["metadata"]["name"]: obj["spec"] for obj in built if obj["kind"] == "Kustomization"}
    assert all(spec["wait"] for spec in found.values())
    seen: dict[Ref, Obj] = {}
    for spec in found.values():
        own = build(tmp_path / spec["path"].removeprefix("./clusters/one/"))
        checks = {(check["kind"], check["name"]) for check in spec.get("healthChecks", [])}
        assert {(ref.kind, ref.name) for ref in own if ref.kind == "Deployment"} <= checks
        assert checks <= {(ref.kind, ref.name) for ref in own}
        seen |= own
    assert seen == {ref: plain(obj) for ref, obj in objects(exported).items()}


def test_flux_waits_for_what_a_component_requires(exported: Repository) -> None:
    graph = {part.name: flux.depends_on(exported, part) for part in exported.parts}
    reached = {name: reach(graph, name) for name in graph}
    for part in exported.parts:
        if part.kind == "objects":
            for other in exported.requires[part.component]:
                assert {p.name for p in exported.of(other)} <= reached[part.name], f"{part.name} needs {other}"


def reach(graph: Mapping[str, list[str]], name: str) -> set[str]:
    """All that stands before a part; a circle would never end."""
    found: set[str] = set()
    queue = list(graph[name])
    while queue:
        other = queue.pop()
        assert other != name, "a circle"
        if other not in found:
            found.add(other)
            queue += graph[other]
    return found


def test_no_secret_value_is_written(exported: Repository) -> None:
    for kind in formats.FORMATS:
        for name, text in formats.files(exported, kind, SOURCE).items():
            for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if name.endswith(".yaml") else ():
                if isinstance(document, dict) and document.get("kind") == "Secret":
                    assert not document.get("data") and not document.get("stringData"), name
        script = formats.files(exported, kind, SOURCE)["secrets.sh"]
        for secret in exported.secrets:
            assert f" {secret.ref.namespace} {secret.ref.name} " in script


@pytest.mark.parametrize(
    ("url", "kind", "good"),
    [
        ("https://git.example.com/platform", "flux", True),
        ("ssh://git@git.example.com/platform", "flux", True),
        ("git@git.example.com:team/platform.git", "argocd", True),
        ("git@git.example.com:team/platform.git", "flux", False),
        ("", "argocd", False),
        ("platform", "argocd", False),
    ],
)
def test_addresses_of_repositories(url: str, kind: str, good: bool) -> None:
    if good:
        assert source(url, "main", "/a/b/", kind).below("x") == "a/b/x"
    else:
        with pytest.raises(BadInput, match="repository"):
            source(url, "main", "", kind)


def test_the_command(tmp_path: Path) -> None:
    to = tmp_path / "repository"
    words = ["export", "--overlay", "gke", "--format", "helm", "--to", str(to)]
    done = CliRunner().invoke(cli, [*words, "--registry", "registry.example.com/x"], obj={})
    assert done.exit_code == 0, done.output
    assert "not in a registry" not in done.output
    hub = (to / "charts/jupyterhub/templates/deployment-hub.yaml").read_text()
    assert 'image: "registry.example.com/x/quay.io/jupyterhub/k8s-hub:4.4.0"' in hub
    assert "`registry.example.com/x/quay.io/jupyterhub/k8s-hub:4.4.0`" in (to / "README.md").read_text()
