"""Settings: layers, what is found out, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from slipway.catalog import Component, Setting
from slipway.catalog.selection import chain
from slipway.errors import BadInput
from slipway.render.kustomize import write_settings
from slipway.render.settings import Facts, merge, read_env

SETTINGS = (
    Setting("project_namespace", "string", "", default="workbench"),
    Setting("nfs_server", "string", "", default="auto"),
    Setting("size", "quantity", "", default="1Gi"),
    Setting("count", "integer", "", minimum=1),
)
COMPONENT = Component("storage", "1", "upstream", "", "workbench", Path(), settings=SETTINGS)
FACTS = Facts("ml", lambda: "10.0.0.9")


def test_layers_and_facts() -> None:
    found = merge(
        COMPONENT, [{"size": "5Gi", "count": "3", "project_namespace": "workbench"}, {"count": 4}], FACTS, "x"
    )
    assert found == {"project_namespace": "ml", "nfs_server": "10.0.0.9", "size": "5Gi", "count": "4"}


def test_all_faults_are_told() -> None:
    with pytest.raises(BadInput) as caught:
        merge(COMPONENT, [{"sise": "5Gi"}, {"size": "big"}], FACTS, "overlays/ci/storage")
    text = str(caught.value)
    assert "unknown setting 'sise' (did you mean 'size'?)" in text
    assert "setting 'size' must be a quantity" in text
    assert "setting 'count' has no value" in text


def test_auto_without_an_answer_is_refused() -> None:
    with pytest.raises(BadInput, match="cannot be found out") as caught:
        merge(COMPONENT, [{"count": "1"}], Facts("ml"), "x")
    assert "--set components.storage.settings.nfs_server=" in caught.value.remedy


def test_settings_are_written_into_every_file_of_a_chain(tmp_path: Path) -> None:
    base, top = tmp_path / "overlays" / "embedded" / "a", tmp_path / "overlays" / "ci" / "a"
    for place, text in ((base, "resources: [../../../manifests/a/1]\n"), (top, "resources: [../../embedded/a]\n")):
        place.mkdir(parents=True)
        (place / "kustomization.yaml").write_text(text)
        (place / "settings.env").write_text("# why\nsize=1\n")
    (tmp_path / "manifests" / "a" / "1").mkdir(parents=True)
    assert chain(tmp_path, top) == [top.resolve(), base.resolve()]
    write_settings(chain(tmp_path, top), {"size": "2", "url": "http://a/?b=c"})
    for place in (base, top):
        assert read_env(place / "settings.env") == {"size": "2", "url": "http://a/?b=c"}
