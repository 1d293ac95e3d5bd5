"""Which data set comes to the claim, and that it is always said."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from slipway_mnist import dataset, download, idx, prepare


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """A small file of scikit-learn's form."""
    lines = [",".join(["16"] * 32 + ["0"] * 32 + [str(number % 10)]) for number in range(100)]
    path = tmp_path / "digits.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with four files of MNIST's names, which are for this test the published ones."""
    directory = tmp_path / "mirror"
    part = dataset.Part(np.ones((20, 28, 28), np.uint8), (np.arange(20) % 10).astype(np.uint8))
    dataset.write(directory, dataset.Dataset(part, part))
    sums = {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in download.CHECKSUMS}
    monkeypatch.setattr(download, "CHECKSUMS", sums)
    return directory


def test_mnist_is_downloaded_and_then_found(tmp_path: Path, mirror: Path, digits: Path) -> None:
    root = tmp_path / "claim"
    first = prepare.prepare(root, "auto", [mirror.as_uri()], 2, 1, digits)
    assert (first.name, first.directory, first.train, first.held_out) == ("mnist", "mnist", 20, 20)
    assert mirror.as_uri() in first.why
    second = prepare.prepare(root, "auto", [], 2, 1, digits)
    assert "on the claim already" in second.why


def test_mnist_at_the_top_of_the_claim_is_found(mirror: Path, digits: Path) -> None:
    assert prepare.prepare(mirror, "mnist", [], 2, 1, digits).directory == "."


def test_auto_takes_the_digits_and_says_why(tmp_path: Path, digits: Path) -> None:
    root = tmp_path / "claim"
    source = (tmp_path / "nowhere").as_uri()
    done = prepare.prepare(root, "auto", [source], 2, 1, digits)
    assert (done.name, done.directory, done.train, done.held_out) == ("digits", "digits", 80, 20)
    assert source in done.why
    assert len(dataset.read(root / "digits").held_out) == 20


def test_a_file_with_another_checksum_is_never_kept(tmp_path: Path, mirror: Path, digits: Path) -> None:
    file = mirror / "t10k-images-idx3-ubyte.gz"
    idx.write(file, np.zeros((20, 28, 28), np.uint8))
    root = tmp_path / "claim"
    done = prepare.prepare(root, "auto", [mirror.as_uri()], 2, 1, digits)
    assert done.name == "digits"
    assert "checksum" in done.why
    assert not (root / "mnist").exists()


def test_a_second_source_is_tried(tmp_path: Path, mirror: Path, digits: Path) -> None:
    sources = [(tmp_path / "nowhere").as_uri(), mirror.as_uri()]
    assert prepare.prepare(tmp_path / "claim", "mnist", sources, 2, 1, digits).name == "mnist"


def test_insisting_on_mnist_fails_without_it(tmp_path: Path, digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = prepare.main([f"--root={tmp_path}", "--choice=mnist", "--source=ftp://x/", f"--digits={digits}"])
    assert code == 1
    assert "not a URL of https, http or file" in capsys.readouterr().err


def test_mnist_of_a_user_is_not_overwritten(tmp_path: Path, mirror: Path, digits: Path) -> None:
    before = {path.name: path.read_bytes() for path in mirror.iterdir()}
    done = prepare.prepare(mirror, "digits", [], 2, 1, digits)
    assert done.directory == "digits"
    assert {path.name: path.read_bytes() for path in mirror.iterdir() if path.is_file()} == before


def test_the_result_is_a_line_of_json(tmp_path: Path, digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare.main([f"--root={tmp_path}", "--choice=digits", f"--digits={digits}"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts == {"name": "digits", "directory": "digits", "why": "asked for", "train": 80, "held_out": 20}


def test_the_oldest_runs_are_removed(tmp_path: Path) -> None:
    for name in ("20260101-000000", "20260102-000000", "20260103-000000"):
        (tmp_path / name / "trials").mkdir(parents=True)
    removed = prepare.tidy(tmp_path, 2)
    assert [path.name for path in removed] == ["20260101-000000"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["20260102-000000", "20260103-000000"]
    assert prepare.tidy(tmp_path / "none", 2) == []
