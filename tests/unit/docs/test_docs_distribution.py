"""The distribution's name: never the one that is another project's in the package index."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import tomllib

import pytest
from slipway import paths
from slipway.bundle import wheels

ROOT = paths.distribution()
NAME = "slipway-platform"
#: A command that installs the bare name, as opposed to ./slipway, slipway/, slipway-platform, slipway_platform-….whl.
BARE = re.compile(
    r"\b(?:pip3?|pipx|uvx?)[\"',]*\s[^\n|;&`]*?(?:\b(?:install|download|wheel|add)\b|--(?:from|with)\b)"
    r"[^\n|;&`]*?(?<![\w./$}*@-])slipway(?=[\s\"'`,;)=<>~!\[]|$)"
)
#: A requirement, or the name of a package in a task of Ansible's.
REQUIREMENT = re.compile(r"^slipway *(?:[=<>~!@\[;].*)?$", re.M)
TASK = re.compile(r"\bpip:\n(?:\s+\w+:.*\n)*?\s+(?:name|requirements): *[\"']?slipway\b(?![-_./])")


def tracked() -> list[str]:
    return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_nothing_installs_the_other_project() -> None:
    files = [name for name in tracked() if not name.endswith((".onnx", ".npz", "test_docs_distribution.py"))]
    assert len(files) > 500
    for name in files:
        path = ROOT / name
        if not path.is_file():
            continue
        text = path.read_text(errors="replace")
        for pattern in (BARE, TASK):
            found = pattern.search(text)
            assert found is None, f"{name}: {found.group()}"
        if re.search(r"requirements[^/]*\.(in|txt)$|^requirements/", name):
            assert not REQUIREMENT.search(text), name


@pytest.mark.parametrize(
    "line",
    [
        "pip install slipway",
        "python3 -m pip install --upgrade 'slipway==0.1'",
        '"pip", "install", "slipway"',
        "pipx install slipway",
        "uv pip install -q slipway[all] x",
        "uvx --from slipway slipway up",
    ],
)
def test_the_bare_name_is_seen(line: str) -> None:
    assert BARE.search(line)
    assert TASK.search("  ansible.builtin.pip:\n    virtualenv: /opt/x\n    name: slipway\n")
    assert REQUIREMENT.search("click\nslipway==0.14.0\n")


@pytest.mark.parametrize(
    "line",
    [
        f"pip install {NAME}",
        "pip install ./slipway",
        "pip install slipway/",
        "pip install slipway_platform-0.1.0-py3-none-any.whl",
        "pip install -r requirements/slipway.txt",
        "pip install . && slipway up",
    ],
)
def test_ours_is_not_taken_for_it(line: str) -> None:
    assert not BARE.search(line)


def test_the_command_and_the_package_keep_their_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["name"] == NAME
    assert project["scripts"] == {"slipway": "slipway.cli.main:main"}
    assert NAME.replace("-", "_") == wheels.NAME
    installed = importlib.metadata.distribution(NAME)
    assert [point.name for point in installed.entry_points if point.group == "console_scripts"] == ["slipway"]
