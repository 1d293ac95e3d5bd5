"""The CI examples: their structure, and that every command in them and on the page is one that there is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from command_lines import accept, words_of
from slipway.host import needs

ROOT = Path(__file__).resolve().parents[3]
GITHUB = yaml.safe_load((ROOT / "examples/ci/github-actions.yml").read_text())
GITLAB = yaml.safe_load((ROOT / "examples/ci/gitlab-ci.yml").read_text())
STEPS: list[dict[str, Any]] = GITHUB["jobs"]["platform"]["steps"]
JOB: dict[str, Any] = GITLAB["platform"]
PAGE = (ROOT / "docs/ci.md").read_text()
README = (ROOT / "README.md").read_text()
#: Inputs of the actions that are used (their action.yml).
INPUTS = {
    "actions/checkout": {"persist-credentials", "fetch-depth", "ref", "path"},
    "actions/cache/restore": {"path", "key", "restore-keys", "fail-on-cache-miss", "lookup-only"},
    "actions/cache/save": {"path", "key", "upload-chunk-size"},
    "actions/upload-artifact": {"name", "path", "if-no-files-found", "retention-days", "overwrite"},
}


def github_lines() -> list[str]:
    return [line.strip() for step in STEPS for line in step.get("run", "").splitlines() if line.strip()]


def gitlab_lines() -> list[str]:
    return [*JOB["before_script"], *JOB["script"], *JOB["after_script"]]


def page_lines() -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```", PAGE, re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.startswith(("make", ".venv"))]


LINES = sorted({*github_lines(), *gitlab_lines(), *page_lines()})
MAKE = [line for line in LINES if line.startswith("make ")]
SLIPWAY = [line for line in LINES if line.startswith(".venv/bin/slipway ")]


def test_both_files_do_the_same() -> None:
    expected = {"make up OVERLAY=ci SMOKE=0", "make down DATA=1"}
    assert expected <= set(github_lines()) and expected <= set(gitlab_lines())
    smoke = ".venv/bin/slipway smoke --overlay ci --output junit > out/smoke.xml"
    assert smoke in github_lines() and smoke in gitlab_lines() and any(line.startswith(smoke) for line in page_lines())
    assert len(MAKE) >= 2 and len(SLIPWAY) >= 4


@pytest.mark.parametrize("lines", [github_lines(), gitlab_lines()], ids=["github", "gitlab"])
def test_the_job_brings_what_the_readme_requires_and_nothing_that_is_installed_anyway(lines: list[str]) -> None:
    required = re.search(r"^apt-get install .*$", README.partition("## Requirements")[2], re.M)
    (line,) = [line for line in lines if line.startswith("apt-get install")]
    packages = {word for word in line.split()[2:] if not word.startswith("-")}
    assert required and {word for word in required[0].split()[2:] if not word.startswith("-")} <= packages
    assert not packages & set(needs.PACKAGES) - {"ca-certificates"}


@pytest.mark.parametrize("line", SLIPWAY)
def test_slipway_knows_the_command_and_its_options(line: str) -> None:
    assert accept(words_of(line)[1:]) in {"smoke", "status", "install"}


@pytest.mark.parametrize("line", MAKE)
def test_make_knows_the_target_and_calls_what_slipway_knows(line: str) -> None:
    done = subprocess.run(
        [*words_of(line)[:1], "-n", *words_of(line)[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    calls = [words_of(call) for call in done.stdout.splitlines() if call.startswith(".venv/bin/slipway ")]
    assert len(calls) == 1, done.stdout
    assert accept(calls[0][1:]) == words_of(line)[1]
    assert ("--skip-smoke" in calls[0]) == ("SMOKE=0" in line)
    assert ("--data" in calls[0]) == ("DATA=1" in line)


@pytest.mark.parametrize("words", [["smoke", "--output", "tap"], ["smok"], ["status", "--overlay"], ["images", "lst"]])
def test_a_wrong_command_is_not_accepted(words: list[str]) -> None:
    with pytest.raises(click.UsageError):
        accept(words)


def test_github_actions_are_pinned_to_commits_and_get_inputs_that_they_have() -> None:
    used = [step for step in STEPS if "uses" in step]
    assert len(used) == 4
    for step in used:
        action, _, version = step["uses"].partition("@")
        assert re.fullmatch(r"[0-9a-f]{40}", version), step["uses"]
        assert set(step.get("with", {})) <= INPUTS[action], action
    assert all(("run" in step) != ("uses" in step) for step in STEPS)


def test_the_github_job_may_read_only_and_ends() -> None:
    assert GITHUB["permissions"] == {"contents": "read"}
    assert set(GITHUB[True]) == {"push", "pull_request", "workflow_dispatch"}, "YAML reads the key `on` as true"
    job = GITHUB["jobs"]["platform"]
    assert job["timeout-minutes"] <= 360
    assert job["env"]["XDG_CACHE_HOME"] == "/cache"
    assert any(volume.endswith(":/cache") for volume in job["container"]["volumes"])


def test_the_platform_is_always_removed_and_reports_are_kept() -> None:
    down = next(step for step in STEPS if step.get("run") == "make down DATA=1")
    upload = STEPS[-1]
    assert down["if"] == upload["if"] == "always()"
    assert upload["with"]["path"] == "out/"
    assert "make down DATA=1" in JOB["after_script"]
    assert JOB["artifacts"]["when"] == "always"
    assert JOB["artifacts"]["reports"]["junit"] == "out/smoke.xml"
    assert JOB["artifacts"]["paths"] == ["out/"]


def test_the_caches_hold_slipways_cache_and_follow_files_that_exist() -> None:
    restore, save = [step for step in STEPS if "actions/cache" in step.get("uses", "")]
    assert restore["with"]["path"] == save["with"]["path"] == "/cache/slipway"
    patterns = re.findall(r"'([^']+)'", restore["with"]["key"])
    assert len(patterns) == 3
    assert all(list(ROOT.glob(pattern)) for pattern in patterns), patterns
    assert restore["with"]["key"].startswith(restore["with"]["restore-keys"])
    assert JOB["cache"]["paths"] == [".cache/slipway"]
    assert JOB["variables"]["XDG_CACHE_HOME"] == "$CI_PROJECT_DIR/.cache"
    assert 1 <= len(JOB["cache"]["key"]["files"]) <= 2, "GitLab takes two"
    assert all((ROOT / name).is_file() for name in JOB["cache"]["key"]["files"])


def test_the_page_names_files_that_exist() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert len(links) >= 3
    assert all((ROOT / "docs" / link).is_file() for link in links), links
