"""playbooks/install.yml and smoke.yml on this machine's cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("config") / "slipway.yaml")


def test_install_is_planned_done_and_then_left_alone(playbook: Any, config: str) -> None:
    settings = {"slipway_install_config": config, "slipway_install_settings": {"smoke": {"trials": 3}}}
    playbook("install.yml", "--check", **settings)
    assert not Path(config).exists()
    first = playbook("install.yml", timeout=1800, **settings)
    assert first["failed"] == 0
    assert "trials: 3" in Path(config).read_text()
    assert playbook("install.yml", timeout=1800, **settings)["changed"] == 0
    assert playbook("install.yml", "--check", **settings)["changed"] == 0


def test_settings_that_slipway_does_not_know_fail_the_playbook(playbook: Any, tmp_path: Path) -> None:
    config = tmp_path / "slipway.yaml"
    with pytest.raises(AssertionError, match="smok"):
        playbook("install.yml", slipway_install_config=str(config), slipway_install_settings={"smok": {"trials": 3}})
    assert not config.exists()


@pytest.mark.timeout(1200)
def test_smoke_reports_and_changes_nothing(playbook: Any, config: str, tmp_path: Path) -> None:
    small = ["--trials", "2", "--parallel", "2"]
    variables = {
        "slipway_smoke_config": config,
        "slipway_smoke_report_dir": str(tmp_path),
        "slipway_smoke_arguments": small,
    }
    assert playbook("smoke.yml", "--check", **variables)["changed"] == 0
    assert not (tmp_path / "report.json").exists()
    assert playbook("smoke.yml", timeout=1200, **variables)["changed"] == 0
    assert json.loads((tmp_path / "report.json").read_text())
    assert (tmp_path / "report.html").stat().st_size > 10_000
