"""The command line, as a user types it: exit codes, messages, speed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from slipway.cli.main import COMMANDS, cli

ENVIRONMENT = {
    key: value for key, value in os.environ.items() if not key.startswith("SLIPWAY_") and key != "KUBECONFIG"
}


def run(*words: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "slipway.cli.main", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**ENVIRONMENT, **environment},
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("words", [["--help"], ["version"], ["--version"]])
def test_help_and_version_are_quick_and_import_little(words: list[str]) -> None:
    code = "import sys; from slipway.cli.main import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\n"
    code += "print([m for m in ('kubernetes', 'rich', 'jsonschema', 'yaml', 'urllib3') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_takes_less_than_150_ms_of_processor_time() -> None:
    before = os.times()
    start = time.monotonic()
    assert run("--help").returncode == 0
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert min(spent, time.monotonic() - start) < 0.15


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_an_example(command: str) -> None:
    loaded = cli.get_command(None, command)  # type: ignore[arg-type]
    assert loaded is not None
    assert loaded.help
    assert "Example:" in loaded.help


def test_exit_codes_are_documented() -> None:
    assert "0 done, 1 failed, 2 bad input" in " ".join((cli.help or "").split())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["instal"], "Did you mean 'install'?"),
        (["render", "--overlay", "nope"], "no overlay 'nope'"),
        (["render", "no-such-component"], "no component 'no-such-component'"),
        (["--config", "missing.yaml", "render"], "missing.yaml: cannot be read"),
        (["render", "--set", "overlai=x"], "did you mean 'overlay'?"),
        (["install", "--output", "xml"], "xml"),
        (["up", "--overlay", "gkee"], "no overlay 'gkee'"),
    ],
)
def test_bad_input_is_code_2_without_a_traceback(words: list[str], message: str, tmp_path: Path) -> None:
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_fault_in_the_file_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "slipway.yaml").write_text("overlay: embedded\ncomponents:\n  argo:\n    timout: 5\n")
    done = run("render", "argo", cwd=tmp_path)
    assert done.returncode == 2
    assert "slipway.yaml:4: components.argo.timout: unknown key (did you mean 'timeout'?)" in done.stderr


def test_no_cluster_is_code_1_with_a_remedy(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    done = run("--kubeconfig", str(kubeconfig), "status", cwd=tmp_path)
    assert done.returncode == 1
    assert "no usable kubeconfig" in done.stderr
    assert "--kubeconfig FILE" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    cluster = {"cluster": {"server": "http://127.0.0.1:9"}, "name": "x"}
    context = {"context": {"cluster": "x", "user": "x"}, "name": "x"}
    value = {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context], "current-context": "x"}
    kubeconfig.write_text(json.dumps({**value, "users": [{"name": "x", "user": {}}]}))
    done = run("--kubeconfig", str(kubeconfig), "status", cwd=tmp_path)
    assert done.returncode == 1
    assert "no answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from slipway.cli import main as module

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module.cli, "main", interrupted)
    monkeypatch.setattr(module, "leave", sys.exit)
    with pytest.raises(SystemExit) as caught:
        module.main(["up"])
    assert caught.value.code == 130
    assert "interrupted" in capsys.readouterr().err


def test_config_begins_with_a_file_that_is_valid(tmp_path: Path) -> None:
    assert run("config", "init", "--overlay", "ci", cwd=tmp_path).returncode == 0
    assert json.loads((tmp_path / "slipway.schema.json").read_text())["title"] == "slipway.yaml"
    done = run("config", "validate", cwd=tmp_path)
    assert (done.returncode, done.stdout.split(",")[0]) == (0, "valid: overlay ci")
    before = (tmp_path / "slipway.yaml").read_text()
    again = run("config", "init", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert (tmp_path / "slipway.yaml").read_text() == before


def test_config_says_where_a_value_comes_from(tmp_path: Path) -> None:
    (tmp_path / "slipway.yaml").write_text("smoke:\n  trials: 5\n  seed: 7\n")
    words = ("--set", "smoke.trials=9", "config", "show", "--origin", "--output", "json")
    rows = json.loads(run(*words, cwd=tmp_path, SLIPWAY_SMOKE__SEED="8").stdout)
    found = {row["key"]: (row["value"], row["origin"]) for row in rows}
    assert found["smoke.trials"] == (9, "--set smoke.trials")
    assert found["smoke.seed"] == (8, "SLIPWAY_SMOKE__SEED")
    assert found["smoke.batch"] == (128, "default")


def test_config_names_every_fault_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "slipway.yaml").write_text("smoke:\n  trials: none\nnode: {nmae: x}\n")
    done = run("config", "validate", cwd=tmp_path)
    assert done.returncode == 2
    assert "slipway.yaml:2: smoke.trials" in done.stderr
    assert "slipway.yaml:3: node.nmae" in done.stderr
