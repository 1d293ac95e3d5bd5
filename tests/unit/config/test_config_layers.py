"""Layers: overlay < file < environment < --set < --overlay."""

from __future__ import annotations

from pathlib import Path

import pytest
from slipway.config.load import check_components, load
from slipway.config.model import Config
from slipway.errors import BadInput


def write(root: Path, file: str = "", overlay: str = "", name: str = "embedded") -> Path:
    place = root / "overlays" / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "slipway.yaml").write_text(overlay)
    path = root / "slipway.yaml"
    path.write_text(file)
    return path


def test_later_layers_win_and_mappings_are_merged(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "components:\n  argo: {timeout: 20, settings: {a: 2}}\n",
        "components:\n  argo: {timeout: 10, settings: {a: 1, b: 1}}\n",
    )
    environment = {"SLIPWAY_COMPONENTS__ARGO__TIMEOUT": "30", "SLIPWAY_HOME": "/anywhere"}
    config, _ = load(tmp_path, file, ["components.argo.settings.b=x"], environment)
    argo = config.components["argo"]
    assert (argo.timeout, dict(argo.settings)) == (30, {"a": 2, "b": "x"})
    config, _ = load(tmp_path, file, ["components.argo.timeout=40"], environment)
    assert config.components["argo"].timeout == 40


def test_the_environment_reaches_components_with_dashes(tmp_path: Path) -> None:
    environment = {"SLIPWAY_COMPONENTS__LOCAL_PATH__ENABLED": "false", "SLIPWAY_PROJECT__NAMESPACE": "ml"}
    config, _ = load(tmp_path, write(tmp_path), environment=environment)
    assert config.disabled() == ["local-path"]
    assert config.project == "ml"


def test_the_overlay_that_is_chosen_brings_its_own_configuration(tmp_path: Path) -> None:
    write(tmp_path, overlay="project: {namespace: from-ci}\n", name="ci")
    config, _ = load(tmp_path, write(tmp_path, "overlay: embedded\n"), overlay="ci", environment={})
    assert (config.overlay, config.project) == ("ci", "from-ci")


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        (["nothing"], "must be KEY=VALUE"),
        (["=1"], "must be KEY=VALUE"),
        (["a..b=1"], "must be KEY=VALUE"),
        (["overlay=[1"], "--set overlay"),
        (["timeouts.component=x"], "--set timeouts.component: timeouts.component: must be a whole number"),
    ],
)
def test_a_wrong_set_is_told(tmp_path: Path, sets: list[str], expected: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(tmp_path, write(tmp_path), sets, environment={})
    assert expected in str(caught.value)


def test_a_wrong_variable_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        load(tmp_path, write(tmp_path), environment={"SLIPWAY_PROJECT__NAMESPCE": "ml"})
    assert "SLIPWAY_PROJECT__NAMESPCE: project.namespce: unknown key" in str(caught.value)


def test_timeouts_have_their_order() -> None:
    config = Config(component_timeout=50)
    assert config.timeout("argo", 180) == 50
    assert Config().timeout("argo", 180) == 180


def test_components_and_settings_are_checked_against_the_catalog(tmp_path: Path) -> None:
    from slipway.catalog import Catalog, Component, Setting

    size = Setting("size", "quantity", "a size", default="1Gi")
    argo = Component("argo", "1", "compact", "", "argo", tmp_path, settings=(size,))
    catalog = Catalog(tmp_path, "embedded", {"argo": argo})
    text = "components:\n  agro: {}\n  argo:\n    settings:\n      sise: 2Gi\n      size: large\n"
    _, layers = load(tmp_path, write(tmp_path, text), environment={})
    with pytest.raises(BadInput) as caught:
        check_components(layers, catalog, ["argo"])
    told = caught.value.details
    assert "slipway.yaml:2: components.agro: unknown component (did you mean 'argo'?)" in told[0]
    assert "slipway.yaml:5: components.argo.settings.sise: unknown setting (did you mean 'size'?)" in told[1]
    assert "slipway.yaml:6: components.argo.settings.size: must be a quantity" in told[2]
