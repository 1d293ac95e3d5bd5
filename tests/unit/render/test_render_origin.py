"""Which file an object comes from: read from kustomize's annotation and helm's comments, never applied."""

from __future__ import annotations

from pathlib import Path

import yaml
from slipway.kube import Ref
from slipway.render import origin

BOAT = {"apiVersion": "example.com/v1", "kind": "Boat", "metadata": {"name": "one", "namespace": "harbour"}}
ONE = Ref("example.com/v1", "Boat", "harbour", "one")


def annotated(note: str, **more: str) -> dict[str, object]:
    notes = {**more, origin.ANNOTATION: note}
    return {**BOAT, "metadata": {"name": "one", "namespace": "harbour", "annotations": notes}}


def test_kustomize_is_asked_once(tmp_path: Path) -> None:
    file = tmp_path / "kustomization.yaml"
    file.write_text("resources: [a.yaml]\nbuildMetadata: [managedByLabel]\n")
    for _ in range(2):
        origin.ask(tmp_path)
    found = yaml.safe_load(file.read_text())
    assert found == {"resources": ["a.yaml"], "buildMetadata": ["managedByLabel", "originAnnotations"]}


def test_paths_are_those_of_the_distribution(tmp_path: Path) -> None:
    overlay = tmp_path / "overlays" / "test" / "boats"
    overlay.mkdir(parents=True)
    for note, file in (
        ("path: ../../../manifests/boats/1.0/boat.yaml\n", "manifests/boats/1.0/boat.yaml"),
        (
            "configuredIn: kustomization.yaml\nconfiguredBy: {kind: ConfigMapGenerator}\n",
            "overlays/test/boats/kustomization.yaml",
        ),
    ):
        plain, files = origin.split(origin.name([annotated(note, mine="1")], overlay, tmp_path))
        assert files == {ONE: file}
        assert plain == [{**BOAT, "metadata": {"name": "one", "namespace": "harbour", "annotations": {"mine": "1"}}}]


def test_a_chart_s_objects_name_their_template(tmp_path: Path) -> None:
    chart = "---\n# Source: boats/templates/boat.yaml\napiVersion: example.com/v1\nkind: Boat\nmetadata:\n  name: one\n"
    (tmp_path / "helm-0-boats.yaml").write_text(
        f"{chart}  namespace: harbour\n---\n# Source: boats/templates/no.yaml\n"
    )
    found = origin.name([annotated("path: helm-0-boats.yaml\n")], tmp_path, tmp_path)
    assert origin.split(found) == ([BOAT], {ONE: "chart boats/templates/boat.yaml"})


def test_what_nobody_says_is_not_guessed(tmp_path: Path) -> None:
    assert origin.split(origin.name([BOAT], tmp_path, tmp_path)) == ([BOAT], {})
    remote = annotated("path: a.yaml\nrepo: https://example.com/x\n")
    assert origin.split(origin.name([remote], tmp_path, tmp_path)) == ([BOAT], {})


def test_an_error_s_place_gets_its_file() -> None:
    files = {ONE: "manifests/boats/1.0/boat.yaml"}
    assert origin.located("component a: Boat harbour/one", files) == (
        "component a: Boat harbour/one (manifests/boats/1.0/boat.yaml)"
    )
    assert origin.located("component a: Boat harbour/one-more", files) == "component a: Boat harbour/one-more"
