"""``slipway config``, as a user goes through it: init, validate, show, explain, schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from slipway.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process, in an empty directory: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        return int(ended.value.code or 0), *capsys.readouterr()

    return call


def test_each_layer_is_named_as_the_origin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """defaults < overlay < file < environment < --set, each with a value that the next one does not touch."""
    Path("slipway.yaml").write_text("overlay: gke\nsmoke:\n  trials: 9\n  seed: 1\n  batch: 1\n")
    monkeypatch.setenv("SLIPWAY_SMOKE__SEED", "2")
    monkeypatch.setenv("SLIPWAY_SMOKE__BATCH", "2")
    code, shown, _ = run("--set", "smoke.batch=3", "config", "show", "--origin", "--output", "json")
    assert code == 0
    found = {row["key"]: (row["value"], row["origin"]) for row in json.loads(shown)}
    assert found["smoke.epochs" if "smoke.epochs" in found else "smoke.parallel"][1] == "default"
    assert found["components.nfs-server.enabled"] == (False, "overlays/gke/slipway.yaml:3")
    assert found["components.katib.settings.storage_class"][1] == "overlays/gke/katib/settings.env"
    assert found["components.katib.version"][1] == "manifests/lock.yaml"
    assert found["overlay"] == ("gke", "slipway.yaml:1")
    assert found["smoke.trials"] == (9, "slipway.yaml:3")
    assert found["smoke.seed"] == (2, "SLIPWAY_SMOKE__SEED")
    assert found["smoke.batch"] == (3, "--set smoke.batch")


def test_values_of_an_overlay_that_builds_upon_another_name_their_file(run: Run) -> None:
    _, shown, _ = run("--set", "overlay=ci", "config", "show", "--origin", "--output", "json")
    found = {row["key"]: row["origin"] for row in json.loads(shown)}
    assert found["components.katib.settings.controller_memory"] == "overlays/embedded/katib/settings.env"
    assert found["components.registry.settings.size"] == "overlays/ci/registry/settings.env"


@pytest.mark.parametrize("overlay", ["embedded", "gke", "kind"])
def test_what_init_writes_and_show_prints_is_valid_and_says_the_same(run: Run, overlay: str) -> None:
    assert run("config", "init", "--overlay", overlay)[0] == 0
    assert run("config", "validate")[1].startswith(f"valid: overlay {overlay}, ")
    _, first, _ = run("config", "show")
    Path("whole.yaml").write_text(first)
    assert run("config", "validate", "whole.yaml")[0] == 0
    assert run("--config", "whole.yaml", "config", "show")[1] == first
    # What editors say of the file is what the command says.
    named = Path("slipway.yaml").read_text().splitlines()[0].partition("$schema=")[2]
    schema = json.loads(Path(named).read_text())
    assert json.loads(run("config", "schema", "--overlay", overlay)[1]) == schema
    whole = yaml.safe_load(first)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(whole)] == []
    whole["components"]["argo"]["settings"]["requeue"] = "5s"
    assert not Draft202012Validator(schema).is_valid(whole)


def test_a_place_that_cannot_be_written_to(run: Run) -> None:
    code, _, errors = run("config", "init", "--to", "nowhere/slipway.yaml")
    assert code == 2
    assert "nowhere/slipway.yaml: cannot be written: No such file or directory" in errors


def test_a_key_is_explained_and_a_wrong_one_refused(run: Run) -> None:
    assert "seconds that it may take" in run("config", "explain", "components.katib.timeout")[1]
    code, _, errors = run("config", "explain", "smoke.trails")
    assert (code, "did you mean 'smoke.trials'" in errors) == (2, True)
