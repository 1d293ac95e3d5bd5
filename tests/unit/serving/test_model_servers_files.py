"""A model's directory: which file is loaded, and how its faults end the server."""

from __future__ import annotations

from pathlib import Path

import pytest
from slipway_servers.files import BadModel, loaded, metadata, model_file
from slipway_servers.server import StoredModel


def test_the_first_name_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").touch()
    assert model_file(str(tmp_path), "model.joblib", "model.pkl") == tmp_path / "model.pkl"
    (tmp_path / "model.joblib").touch()
    assert model_file(f"file://{tmp_path}", "model.joblib", "model.pkl") == tmp_path / "model.joblib"


def test_what_is_there_instead_is_named(tmp_path: Path) -> None:
    (tmp_path / "weights.h5").touch()
    with pytest.raises(BadModel, match=r"has no model.joblib or model.pkl; there is: weights.h5"):
        model_file(str(tmp_path), "model.joblib", "model.pkl")
    with pytest.raises(BadModel, match="there is: nothing"):
        model_file(str(tmp_path / "none"), "model.joblib")


def test_one_of_two_is_not_guessed(tmp_path: Path) -> None:
    for name in ("a.onnx", "b.onnx"):
        (tmp_path / name).touch()
    with pytest.raises(BadModel, match=r"has 2 files \*.onnx"):
        model_file(str(tmp_path), "model.onnx", "*.onnx")


def test_metadata(tmp_path: Path) -> None:
    assert metadata(str(tmp_path)) == {}
    (tmp_path / "metadata.yaml").write_text("name: iris\nversions: [v1]\n")
    assert metadata(str(tmp_path)) == {"name": "iris", "versions": ["v1"]}
    for text in ("name: [", "- iris"):
        (tmp_path / "metadata.yaml").write_text(text)
        with pytest.raises(BadModel, match=r"metadata\.yaml"):
            metadata(str(tmp_path))


def test_a_fault_ends_the_process_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def torn() -> None:
        raise EOFError("Ran out of input")

    with pytest.raises(SystemExit) as ended:
        loaded(torn)
    assert ended.value.code == 3
    assert capsys.readouterr().err == "model server: the model cannot be loaded: EOFError: Ran out of input\n"
    assert loaded(lambda: 1) == 1


class Doubling(StoredModel):
    """Reads a number."""

    def _read(self) -> int:
        return 2 * int(model_file(self.directory, "model.txt").read_text())


def test_a_server_describes_itself_before_it_has_read_its_model(tmp_path: Path) -> None:
    (tmp_path / "metadata.yaml").write_text("name: two\n")
    (tmp_path / "model.txt").write_text("1")
    server = Doubling(str(tmp_path))
    assert server.init_metadata() == {"name": "two"}
    server.load()
    assert server.model == 2
