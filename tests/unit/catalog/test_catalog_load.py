"""Reading component.yaml files and the lock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.catalog import Setting, load_catalog, overlays
from slipway.catalog.overlay import embedded
from slipway.catalog.selection import built_upon
from slipway.catalog.settings import fault
from slipway.errors import BadInput


def write(root: Path, name: str, version: str = "1.0", **spec: Any) -> None:
    place = root / "manifests" / name / version
    place.mkdir(parents=True)
    base = {"version": version, "edition": "compact", "description": "x", "namespace": name}
    value = {"apiVersion": "slipway.dev/v1", "kind": "Component", "metadata": {"name": name}, "spec": {**base, **spec}}
    (place / "component.yaml").write_text(yaml.safe_dump(value))
    overlay = root / "overlays" / "test" / name
    overlay.mkdir(parents=True, exist_ok=True)
    (overlay / "kustomization.yaml").write_text("")


def lock(root: Path, **versions: str) -> None:
    (root / "manifests" / "lock.yaml").write_text(yaml.safe_dump({"components": versions}))


def test_the_overlay_says_which_components_there_are(tmp_path: Path) -> None:
    write(tmp_path, "one")
    write(tmp_path, "two", requires=["one"])
    (tmp_path / "manifests" / "three").mkdir()
    catalog = load_catalog(tmp_path, "test")
    assert list(catalog.components) == ["one", "two"]
    assert catalog.waves() == [["one"], ["two"]]


def test_an_overlay_says_which_cluster_it_is_for(tmp_path: Path) -> None:
    write(tmp_path, "one")
    assert not embedded(tmp_path, "test")
    assert not embedded(tmp_path, "nowhere")
    (tmp_path / "overlays/test/overlay.yaml").write_text("# a node of its own\ncluster: embedded\n")
    assert embedded(tmp_path, "test")
    assert overlays(tmp_path) == ["test"]


@pytest.mark.parametrize(
    "text", ["", "cluster: embeded", "cluster: embedded\nnode: 1", "- embedded", "a: [", "\0", "a: *b"]
)
def test_an_overlay_that_says_something_else_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, "one")
    (tmp_path / "overlays/test/overlay.yaml").write_text(text)
    with pytest.raises(BadInput, match="which cluster the overlay is for") as caught:
        embedded(tmp_path, "test")
    assert caught.value.where == "overlays/test/overlay.yaml"
    assert "cluster: embedded" in caught.value.remedy


def test_the_overlays_of_the_embedded_cluster() -> None:
    root = Path(__file__).resolve().parents[3]
    assert [name for name in overlays(root) if embedded(root, name)] == ["ci", "embedded"]


def test_what_overlays_share_is_not_an_overlay(tmp_path: Path) -> None:
    write(tmp_path, "one")
    common = tmp_path / "overlays" / "shared" / "published" / "one"
    common.mkdir(parents=True)
    (common / "kustomization.yaml").write_text("kind: Component\nresources: [../../../../manifests/one/1.0]\n")
    (tmp_path / "overlays" / "test" / "one" / "kustomization.yaml").write_text(
        "components: [../../shared/published/one]\n"
    )
    assert overlays(tmp_path) == ["test"]
    # The version stands in what is shared.
    assert built_upon(tmp_path, "test", "one") == ("1.0", "")
    with pytest.raises(BadInput, match="no overlay 'shared'"):
        load_catalog(tmp_path, "shared")


def test_the_lock_chooses_the_version(tmp_path: Path) -> None:
    write(tmp_path, "one", "1.0")
    write(tmp_path, "one", "2.0")
    with pytest.raises(BadInput, match="the catalog has faults") as caught:
        load_catalog(tmp_path, "test")
    assert "has the versions 1.0, 2.0" in str(caught.value)
    lock(tmp_path, one="1.0")
    assert load_catalog(tmp_path, "test").components["one"].version == "1.0"
    lock(tmp_path, one="3.0")
    with pytest.raises(BadInput, match=r"version 3\.0 of 'one' does not exist|the catalog has faults"):
        load_catalog(tmp_path, "test")


def test_names_select_components_and_what_they_require(tmp_path: Path) -> None:
    write(tmp_path, "one")
    write(tmp_path, "two", requires=["one"])
    write(tmp_path, "three", requires=["nothing-that-exists"])
    assert list(load_catalog(tmp_path, "test", ["two"]).components) == ["one", "two"]
    assert list(load_catalog(tmp_path, "test", ["two"], follow=False).components) == ["two"]
    with pytest.raises(BadInput, match="'three' requires 'nothing-that-exists'"):
        load_catalog(tmp_path, "test")
    with pytest.raises(BadInput, match="did you mean 'two'"):
        load_catalog(tmp_path, "test", ["twoo"])


THING = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"edition": "mock"}, "spec.edition: 'mock' is not possible"),
        ({"probes": [{"name": "a", "volum": {}}]}, "spec.probes[0].volum: unknown key (did you mean 'volume'?)"),
        ({"probes": [{"name": "a", "volume": {"namespace": "x"}}]}, "spec.probes[0].volume"),
        ({"probes": [{"name": "a", "http": 3}]}, "spec.probes[0].http: must be a mapping"),
        ({"probes": ["a", "a"]}, "spec.probes[1]: 'a' stands twice"),
        (
            {"probes": [{"name": "a", "condition": {"says": "x", "reached": ["R"], "failed": ["R"], "object": THING}}]},
            "spec.probes[0].condition.failed: 'R' is one of those that are to be reached",
        ),
        ({"probes": [{"name": "a"}]}, "spec.probes[0]"),
        (
            {"probes": [{"name": "a", "volume": {"namespace": "x", "storage_class": "y", "default_when": "z"}}]},
            "spec.probes[0].volume.default_when: 'z' is not a boolean setting of the component",
        ),
        (
            {"probes": [{"name": "a", "dry_run": {"says": "x", "steps": [{"change": {"a": 1}}]}}]},
            "spec.probes[0].dry_run.steps[0].change: there is no object before it",
        ),
        (
            {"probes": [{"name": "a", "dry_run": {"says": "x", "steps": [{"refused": "a"}]}}]},
            "spec.probes[0].dry_run.steps[0]: either object or change",
        ),
        ({"requirs": []}, "spec.requirs: unknown key (did you mean 'requires'?)"),
        ({"settings": [{"name": "Size", "type": "string", "description": ""}]}, "spec.settings[0].name"),
        ({"secrets": [{"name": "a", "namespace": "b", "kind": "htpasswd"}]}, "needs the key from"),
        ({"secrets": [{"name": "a", "namespace": "b", "keys": {"k": {"random": 3}}}]}, "3 is out of range"),
        (
            {"settings": [{"name": "n", "type": "integer", "description": "", "default": 9, "maximum": 5}]},
            "spec.settings.n.default: 9 is out of range (at most 5)",
        ),
        ({"requires": ["one"]}, "requires itself"),
    ],
)
def test_a_wrong_component_is_told(tmp_path: Path, spec: dict[str, Any], expected: str) -> None:
    write(tmp_path, "one", **spec)
    with pytest.raises(BadInput) as caught:
        load_catalog(tmp_path, "test")
    assert expected in str(caught.value)
    assert "manifests/one/1.0/component.yaml" in str(caught.value)


def test_what_is_left_out_is_taken_as_there(tmp_path: Path) -> None:
    write(tmp_path, "one")
    write(tmp_path, "two", requires=["one"])
    write(tmp_path, "three", requires=["two", "one"])
    assert load_catalog(tmp_path, "test").without(["one"]).waves() == [["two"], ["three"]]


@pytest.mark.parametrize("overlay", ["", "nope", "../test", "."])
def test_an_overlay_that_does_not_exist(tmp_path: Path, overlay: str) -> None:
    write(tmp_path, "one")
    with pytest.raises(BadInput, match="no overlay"):
        load_catalog(tmp_path, overlay)


@pytest.mark.parametrize(
    ("setting", "value", "wrong"),
    [
        (Setting("a", "integer", "", minimum=1, maximum=5), 3, ""),
        (Setting("a", "integer", "", minimum=1, maximum=5), "6", "out of range"),
        (Setting("a", "integer", ""), "x", "whole number"),
        (Setting("a", "number", ""), "0.5", ""),
        (Setting("a", "number", ""), "nan", "must be a number"),
        (Setting("a", "boolean", ""), True, ""),
        (Setting("a", "boolean", ""), "yes", "true or false"),
        (Setting("a", "quantity", ""), "10Gi", ""),
        (Setting("a", "quantity", ""), "10GB", "quantity"),
        (Setting("a", "string", "", pattern="^[a-z]+$"), "ABC", "does not match"),
        (Setting("a", "string", "", pattern="^[0-9.]+$"), "auto", ""),
        (Setting("a", "string", "", enum=("x", "y")), "z", "one of x, y"),
        (Setting("a", "string", ""), "two\nlines", "one line"),
        (Setting("a", "string", ""), None, "single value"),
        (Setting("a", "string", ""), {"a": 1}, "single value"),
    ],
)
def test_values_of_settings(setting: Setting, value: object, wrong: str) -> None:
    found = fault(setting, value)
    assert (wrong in found) if wrong else found == ""
