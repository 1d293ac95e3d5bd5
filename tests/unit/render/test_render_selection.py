"""Editions and versions: what an overlay builds upon, and turning it elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.catalog import Choice, load_catalog
from slipway.catalog.selection import built_upon, editions
from slipway.errors import BadInput
from slipway.render.selection import select


def component(root: Path, version: str, edition: str, folder: str = "", parts: tuple[str, ...] = ()) -> None:
    place = root / "manifests" / "one" / version / folder
    for directory in (place, *(place / part for part in parts)):
        directory.mkdir(parents=True)
        (directory / "kustomization.yaml").write_text("resources: []\n")
    spec = {"version": version, "edition": edition, "description": "x", "namespace": "one"}
    value = {"apiVersion": "slipway.dev/v1", "kind": "Component", "metadata": {"name": "one"}, "spec": spec}
    (place / "component.yaml").write_text(yaml.safe_dump(value))


def overlay(root: Path, name: str, **document: Any) -> Path:
    place = root / "overlays" / name / "one"
    place.mkdir(parents=True)
    (place / "kustomization.yaml").write_text(yaml.safe_dump(document))
    return place


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Version 1 in two editions, version 2 in one; an overlay for each edition, one upon another."""
    component(tmp_path, "1", "compact", "compact", ("settings",))
    component(tmp_path, "1", "upstream", "upstream", ("settings", "database"))
    component(tmp_path, "2", "upstream")
    (tmp_path / "manifests" / "one" / "1" / "crds").mkdir()
    (tmp_path / "manifests" / "lock.yaml").write_text("components: {one: '1'}\n")
    base = "../../../manifests/one/1"
    overlay(tmp_path, "small", resources=[f"{base}/crds", f"{base}/compact"], components=[f"{base}/compact/settings"])
    parts = [f"{base}/upstream/settings", f"{base}/upstream/database"]
    overlay(tmp_path, "large", resources=[f"{base}/upstream"], components=parts)
    overlay(tmp_path, "above", resources=["../../small/one"])
    overlay(tmp_path, "chart", helmGlobals={"chartHome": f"{base}/upstream"})
    return tmp_path


def test_the_overlay_says_the_edition(tree: Path) -> None:
    assert editions(tree / "manifests" / "one" / "1") == ["compact", "upstream"]
    assert editions(tree / "manifests" / "one" / "2") == []
    assert built_upon(tree, "large", "one") == ("1", "upstream")
    assert built_upon(tree, "chart", "one") == ("1", "upstream")
    for name, edition in (("large", "upstream"), ("chart", "upstream")):
        found = load_catalog(tree, name).components["one"]
        assert (found.edition, found.path) == (edition, tree / "manifests" / "one" / "1" / edition)


def test_shared_parts_do_not_hide_the_edition(tree: Path) -> None:
    assert built_upon(tree, "small", "one") == ("1", "compact")
    assert built_upon(tree, "above", "one") == ("1", "compact")


def test_the_configuration_chooses_another(tree: Path) -> None:
    assert (
        load_catalog(tree, "small", choices={"one": Choice(edition="upstream")}).components["one"].edition == "upstream"
    )
    assert load_catalog(tree, "small", choices={"one": Choice(version="2")}).components["one"].version == "2"


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        (Choice(version="3"), "version 3 of 'one' does not exist"),
        (Choice(version="2", edition="compact"), "version 2 of 'one' has no edition compact"),
        (Choice(edition="other"), "version 1 of 'one' has no edition other"),
    ],
)
def test_what_is_not_there_is_said(tree: Path, choice: Choice, says: str) -> None:
    with pytest.raises(BadInput) as caught:
        load_catalog(tree, "small", choices={"one": choice})
    assert says in str(caught.value)


def turned(tree: Path, name: str, choice: Choice) -> tuple[bool, dict[str, Any]]:
    place = tree / "overlays" / name / "one"
    found = load_catalog(tree, name, choices={"one": choice}).components["one"]
    answer = select(tree, place, found, name)
    return answer, yaml.safe_load((place / "kustomization.yaml").read_text())


def test_paths_are_turned(tree: Path) -> None:
    answer, document = turned(tree, "large", Choice(edition="compact"))
    assert answer
    # The database is of the other edition only.
    assert document == {
        "resources": ["../../../manifests/one/1/compact"],
        "components": ["../../../manifests/one/1/compact/settings"],
    }
    assert turned(tree, "chart", Choice())[0] is False
    assert turned(tree, "small", Choice())[0] is False


def test_a_base_that_is_shared_stays(tree: Path) -> None:
    document = turned(tree, "small", Choice(edition="upstream"))[1]
    assert document["resources"] == ["../../../manifests/one/1/crds", "../../../manifests/one/1/upstream"]


def test_an_overlay_upon_another_is_turned_where_the_path_stands(tree: Path) -> None:
    assert turned(tree, "above", Choice(edition="upstream")) == (True, {"resources": ["../../small/one"]})
    base = yaml.safe_load((tree / "overlays" / "small" / "one" / "kustomization.yaml").read_text())
    assert base["resources"][1] == "../../../manifests/one/1/upstream"


def test_another_version_without_a_resource_is_refused(tree: Path) -> None:
    with pytest.raises(BadInput, match="has nothing for"):
        turned(tree, "small", Choice(version="2"))
