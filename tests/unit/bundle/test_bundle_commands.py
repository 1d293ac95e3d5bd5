"""Bad input: said in a sentence, exit code 2, nothing done. And verify's exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from slipway.artifacts import rootfs
from slipway.bundle import archive, model, packages, sums, use
from slipway.bundle.opened import Bundle
from slipway.cli.main import main
from slipway.errors import BadInput
from slipway.host import packages as host

LOCK = "format: 1\narchitecture: amd64\nartifacts: {}\nblobs: {}\n"


def write(tmp_path: Path, *, architecture: str = "", suite: str = "") -> Path:
    staged = tmp_path / "staged"
    staged.mkdir()
    made = model.About("0.1.0", "ci", architecture or rootfs.architecture(), suite or packages.suite(), "3.11")
    (staged / "bundle.json").write_text(made.text())
    (staged / "artifacts.lock.yaml").write_text(LOCK)
    (staged / model.SUMS).write_text(sums.of_directory(staged))
    archive.write(staged, tmp_path / "file.bundle")
    return tmp_path / "file.bundle"


def exits(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


@pytest.mark.parametrize("command", [("up", "--bundle"), ("bundle", "verify")])
def test_another_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]) -> None:
    (tmp_path / "other").write_text("x")
    assert exits(*command, str(tmp_path / "other")) == 2
    assert "bundle create" in capsys.readouterr().err


def test_a_bundle_for_a_cluster_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exits("bundle", "create", "-o", str(tmp_path / "file"), "--overlay", "gke") == 2
    assert "images mirror" in capsys.readouterr().err
    assert not (tmp_path / "file").exists()


def test_a_place_that_cannot_be_written_is_said_before_anything_is_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slipway.cli.bundle.collect", lambda found: pytest.fail("it builds"))
    mine = tmp_path / "mine"
    mine.write_text("x")
    below = mine / "file"
    for place, words in ((mine, "no bundle"), (below, "is not a directory"), (Path("/proc/none/file"), "cannot be")):
        assert exits("bundle", "create", "-o", str(place), "--overlay", "ci") == 2
        assert words in capsys.readouterr().err
    assert mine.read_text() == "x" and [path.name for path in tmp_path.iterdir()] == ["mine"]
    archive.check_target(write(tmp_path))


def test_verify_says_yes_and_no(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path)
    assert exits("bundle", "verify", str(file)) == 0
    with file.open("r+b") as handle:
        handle.seek(archive.index(file)["artifacts.lock.yaml"].offset)
        handle.write(b"?")
    assert exits("bundle", "verify", str(file)) == 1
    assert "artifacts.lock.yaml: has the sha256" in capsys.readouterr().err


def test_another_architecture(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is for riscv64"):
        use.refuse_others(Bundle(write(tmp_path, architecture="riscv64")))


def test_another_release_matters_only_where_packages_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Bundle(write(tmp_path, suite="sid"))
    monkeypatch.setattr(host, "lacking", lambda operation: [])
    use.refuse_others(opened)
    monkeypatch.setattr(host, "lacking", lambda operation: ["containerd", "runc"])
    with pytest.raises(BadInput, match=r"install them yourself.*containerd runc"):
        use.refuse_others(opened)


def test_package_files_as_apt_names_them() -> None:
    text = (
        "Reading package lists...\n'http://mirror/pool/x_1%2b2_amd64.deb' x_1+2_amd64.deb 12 SHA256:" + "a" * 64 + "\n"
        "'http://mirror/pool/a_1_all.deb' a_1_all.deb 3 SHA256:" + "b" * 64 + "\n"
    )
    assert packages.parse_uris(text) == [
        packages.Deb("a_1_all.deb", 3, "b" * 64),
        packages.Deb("x_1+2_amd64.deb", 12, "a" * 64),
    ]


def test_about_is_json() -> None:
    assert json.loads(model.About("1", "ci", "amd64", "s", "3.11").text())["format"] == model.FORMAT
