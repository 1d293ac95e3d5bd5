"""What a model's directory has to hold, and what becomes of it."""

from __future__ import annotations

import hashlib
import itertools
import tarfile
from pathlib import Path

import pytest
from slipway_builder import __main__ as program
from slipway_builder import append, layer, model

ENVIRONMENT = "MODEL_NAME=Mine\nAPI_TYPE=REST\nSERVICE_TYPE=MODEL\n# a comment\n\nPERSISTENCE=0\n"
SOURCE = "class Mine:\n    def predict(self, X, names):\n        return X\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A complete model."""
    root = tmp_path / "model"
    (root / ".s2i").mkdir(parents=True)
    (root / ".s2i" / "environment").write_text(ENVIRONMENT)
    (root / "Mine.py").write_text(SOURCE)
    (root / "model.onnx").write_bytes(b"\1\2\3")
    return root


def test_a_complete_model_is_read(directory: Path) -> None:
    found = model.read(directory)
    assert [str(file) for file in found.files] == [".s2i/environment", "Mine.py", "model.onnx"]
    assert found.environment["MODEL_NAME"] == "Mine"
    assert not found.needs_builder


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        (".s2i/environment", None, "environment is missing"),
        (".s2i/environment", "SERVICE_TYPE=MODEL\n", "environment does not set it, and no --env MODEL_NAME"),
        (".s2i/environment", "MODEL_NAME Mine\n", "line 1"),
        (".s2i/environment", ENVIRONMENT.replace("Mine", "Other"), "Other.py is missing"),
        ("Mine.py", "class Mine:\n    pass\n", "class Mine has no method that Seldon's wrapper asks: predict"),
        ("Mine.py", "class Mine(:\n", "line 1"),
    ],
)
def test_what_is_missing_is_named(directory: Path, file: str, content: str | None, reason: str) -> None:
    if content is None:
        (directory / file).unlink()
    else:
        (directory / file).write_text(content)
    with pytest.raises(model.BadModel, match=reason):
        model.read(directory)


def test_the_layer_depends_on_contents_only(directory: Path, tmp_path: Path) -> None:
    layer.write(model.read(directory), tmp_path / "one.tar")
    (directory / "Mine.py").touch()
    (directory / "model.onnx").chmod(0o600)
    layer.write(model.read(directory), tmp_path / "two.tar")
    digests = [hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("one.tar", "two.tar")]
    assert digests[0] == digests[1]
    with tarfile.open(tmp_path / "one.tar") as tar:
        entries = {entry.name: entry for entry in tar}
        content = tar.extractfile("microservice/model.onnx")
        assert content is not None
        assert content.read() == b"\1\2\3"
    assert list(entries) == [
        "microservice",
        "microservice/.s2i",
        "microservice/.s2i/environment",
        "microservice/Mine.py",
        "microservice/model.onnx",
    ]
    assert all(entry.uid == 8888 for entry in entries.values())


def test_crane_appends_and_sets_the_environment(directory: Path) -> None:
    first, second = append.commands(model.read(directory), "r/base:1", "r/m:2", [Path("l.tar")], insecure=True)
    assert first == [
        "crane",
        "append",
        "--insecure",
        "--base",
        "r/base:1",
        "--new_layer",
        "l.tar",
        "--new_tag",
        "r/m:2",
    ]
    pairs = list(itertools.pairwise(second))
    for value in ("MODEL_NAME=Mine", "API_TYPE=REST", "SERVICE_TYPE=MODEL", "PERSISTENCE=0"):
        assert ("--env", value) in pairs


def test_a_requirements_file_needs_the_builder(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (directory / "requirements.txt").write_text("x==1\n")
    code = program.main([f"--model={directory}", "--base=r/b:1", "--image=r/m:1", "--method=append"])
    assert code == 2
    assert "--method build" in capsys.readouterr().err
