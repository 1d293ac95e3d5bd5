"""Settings of charts: from an overlay's values to settings, and back to what the chart takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.catalog import Component, Setting
from slipway.errors import BadInput
from slipway.render import helm, values

HUB = Component(
    "hub",
    "1.0",
    "compact",
    "a hub",
    "hub",
    Path(),
    settings=(
        Setting("users", "string", "", value="users.names"),
        Setting("size", "string", "", value="home.size"),
        Setting("after", "integer", "", value="culling.after"),
        Setting("ratio", "number", "", value="culling.ratio"),
        Setting("on", "boolean", "", value="culling.enabled"),
        Setting("other", "string", ""),
    ),
)


def overlay(directory: Path, chart: dict[str, Any], **files: Any) -> Path:
    directory.mkdir(exist_ok=True)
    (directory / "kustomization.yaml").write_text(yaml.safe_dump({"helmCharts": [chart]}))
    for name, content in files.items():
        (directory / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return directory


def test_settings_become_typed_values() -> None:
    given = {"users": "a,b", "size": "1e3", "after": "0", "ratio": "0.5", "on": "false", "other": "x"}
    assert values.nested(HUB, given) == {
        "users": {"names": "a,b"},
        "home": {"size": "1e3"},
        "culling": {"after": 0, "ratio": 0.5, "enabled": False},
    }


def test_an_overlays_values_are_read_as_settings(tmp_path: Path) -> None:
    own = {"users": {"names": ["a", "b"]}, "culling": {"after": 7, "enabled": True}, "home": None}
    directory = overlay(tmp_path / "x", {"name": "hub", "valuesFile": "values.yaml"}, values=own)
    assert values.of_overlay(HUB, [directory], "x") == {"users": "a,b", "after": "7", "on": "true"}


def test_other_charts_are_not_asked(tmp_path: Path) -> None:
    directory = overlay(tmp_path / "x", {"name": "database", "valuesInline": {"home": {"size": "1Gi"}}})
    assert values.of_overlay(HUB, [directory], "x") == {}


def test_an_overlay_wins_over_the_one_it_builds_upon(tmp_path: Path) -> None:
    below = overlay(tmp_path / "a", {"name": "hub", "valuesInline": {"home": {"size": "1Gi"}, "culling": {"after": 1}}})
    above = overlay(tmp_path / "b", {"name": "hub", "valuesInline": {"home": {"size": "2Gi"}}})
    assert values.of_overlay(HUB, [above, below], "x") == {"size": "2Gi", "after": "1"}


@pytest.mark.parametrize(
    ("merge", "order"), [("override", ["file", "inline"]), ("merge", ["inline", "file"]), ("replace", ["inline"])]
)
def test_layers_are_laid_as_kustomize_does(merge: str, order: list[str], tmp_path: Path) -> None:
    chart = {
        "name": "hub",
        "valuesFile": "values.yaml",
        "valuesInline": {"from": "inline"},
        "valuesMerge": merge,
        "additionalValuesFiles": ["more.yaml"],
    }
    directory = overlay(tmp_path / "x", chart, values={"from": "file"}, more={"from": "more"})
    assert [layer["from"] for layer in helm.layers(chart, directory, "x")] == [*order, "more"]


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "just words"])
def test_values_that_are_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text(text)
    with pytest.raises(BadInput, match=r"overlays/x/hub/values\.yaml"):
        helm.layers({"name": "hub", "valuesFile": "values.yaml"}, tmp_path, "overlays/x/hub")
    with pytest.raises(BadInput, match="no usable values"):
        helm.layers({"name": "hub", "valuesFile": "absent.yaml"}, tmp_path, "overlays/x/hub")
