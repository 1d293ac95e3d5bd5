"""The example inventories of playbooks/: variables that exist, groups that are played, settings that Slipway takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway import paths
from slipway.catalog import load_catalog
from slipway.catalog.load import directories
from slipway.config.load import check_components, load
from slipway.render import Facts, render
from slipway.render.images import unchanged

PLAYBOOKS = paths.distribution() / "playbooks"
NAMES = sorted(path.parent.name for path in PLAYBOOKS.glob("inventories/*/hosts.yml"))


@pytest.fixture(scope="module", params=NAMES)
def inventory(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What Ansible makes of an inventory: group → hosts and children, and ``_meta`` with each host's variables."""
    program = Path(sys.executable).with_name("ansible-inventory")
    done = subprocess.run(
        [program, "-i", f"inventories/{request.param}", "--list"],
        cwd=PLAYBOOKS,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def variables(inventory: dict[str, Any]) -> dict[str, Any]:
    """All variables of all hosts."""
    return {name: value for host in inventory["_meta"]["hostvars"].values() for name, value in host.items()}


def test_every_variable_is_one_of_a_role(inventory: dict[str, Any]) -> None:
    specs = [yaml.safe_load(path.read_text()) for path in PLAYBOOKS.glob("roles/*/meta/argument_specs.yml")]
    known = {name for spec in specs for part in spec["argument_specs"].values() for name in part["options"]}
    mine = {name for name in variables(inventory) if not name.startswith("ansible_")}
    assert mine <= known


def test_every_group_is_played(inventory: dict[str, Any]) -> None:
    plays = [play for path in PLAYBOOKS.glob("*.yml") for play in yaml.safe_load(path.read_text())]
    played = {name for play in plays if "hosts" in play for name in play["hosts"].replace("[0]", "").split(":")}
    groups = {name for name, group in inventory.items() if isinstance(group, dict) and group.get("hosts")}
    assert groups
    assert groups - {"_meta"} <= played


def test_slipway_takes_the_settings(inventory: dict[str, Any], tmp_path: Path) -> None:
    """They render, and what the overlay only has an example of is given."""
    given = variables(inventory)
    if "slipway_install_overlay" not in given:
        assert "installers" not in inventory
        return
    root, overlay = paths.distribution(), given["slipway_install_overlay"]
    file = tmp_path / "slipway.yaml"
    file.write_text(json.dumps(given.get("slipway_install_settings", {})))
    config, layers = load(root, file, environment={}, overlay=overlay)
    catalog = load_catalog(root, overlay)
    check_components(layers, catalog, directories(root, overlay))
    facts = Facts(config.project, lambda: "192.0.2.1", shared=config.shared)
    rendered = render(catalog, config.settings(), facts, unchanged)
    servers = {
        obj["spec"]["nfs"]["server"]
        for component in rendered.values()
        for obj in component.objects
        if obj["kind"] == "PersistentVolume"
    }
    expected = given.get("slipway_install_settings", {}).get("settings", {}).get("nfs_server", "192.0.2.1")
    assert servers == {expected}
    assert "nfs.example" not in json.dumps([component.objects for component in rendered.values()])
