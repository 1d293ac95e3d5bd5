"""A key changes with every input, and with nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from slipway.artifacts import buildah, contents, hostnet, keys


def key(root: Path, node: str) -> str:
    return contents.read(root).nodes[node].key


@pytest.fixture
def root(tmp_path: Path, write_image: Callable[..., Path], write_go: Callable[..., Path], go_version: object) -> Path:
    write_image("base")
    write_image("app", "base", "binaries: [tool]\n")
    write_image("other", "base")
    write_go("tools", "tool")
    return tmp_path / "images"


def write(path: str, text: str) -> Callable[[Path], object]:
    return lambda root: (root / path).write_text(text)


CHANGES: dict[str, Callable[[Path], object]] = {
    "a source file": write("app/app.py", "print(2)\n"),
    "a new file": write("app/more.py", ""),
    "a file's name": lambda root: (root / "app/app.py").rename(root / "app/main.py"),
    "a file's mode": lambda root: (root / "app/app.py").chmod(0o755),
    "the Dockerfile": write("app/Dockerfile", "ARG BASE\nFROM ${BASE}\nUSER 1\n"),
    "image.yaml": lambda root: (root / "app/image.yaml").open("a").write("tags: ['x:1']\n"),
    "the base": write("base/app.py", "print(2)\n"),
    "the binary's source": write("tools/go/main.go", "package main\n"),
    "the binary's checksums": write("tools/go/go.sum", "example.org/y v1.0.0 h1:x=\n"),
    "a link's target": lambda root: (root / "app/link").symlink_to("elsewhere"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_input_changes_the_key(root: Path, change: str) -> None:
    before = key(root, "image/app")
    CHANGES[change](root)
    assert key(root, "image/app") != before


def test_a_change_elsewhere_does_not(root: Path) -> None:
    before = key(root, "image/other")
    (root / "app/app.py").write_text("print(2)\n")
    (root / "tools/go/go.sum").write_text("example.org/y v1.0.0 h1:x=\n")
    assert key(root, "image/other") == before


@pytest.mark.parametrize("name", ["README.md", "requirements.in", "__pycache__/app.cpython-311.pyc"])
def test_files_that_are_not_built_in_do_not(root: Path, name: str) -> None:
    before = key(root, "image/app")
    path = root / "app" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    assert key(root, "image/app") == before


def test_the_toolchain_and_the_recipe_do(
    root: Path, go_version: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key(root, "image/app"), key(root, "image/other")
    go_version("go1.99.0")
    assert key(root, "image/app") != before[0]
    assert key(root, "image/other") == before[1]
    monkeypatch.setattr(buildah, "RECIPE", buildah.RECIPE + 1)
    assert key(root, "image/other") != before[1]


def test_the_machine_does_not(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(root, "image/app")
    bundle = tmp_path / "ca.pem"
    bundle.write_text("another authority")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.example.org/simple")
    assert hostnet.ca_bundle() == bundle
    assert key(root, "image/app") == before
    shutil.copytree(root, tmp_path / "elsewhere" / "images")
    assert key(tmp_path / "elsewhere" / "images", "image/app") == before


def test_the_order_of_inputs_does_not() -> None:
    assert keys.combine({"a": 1, "b": [2]}) == keys.combine({"b": [2], "a": 1})
    assert keys.combine({"a": 1, "b": [2]}) != keys.combine({"a": [2], "b": 1})
