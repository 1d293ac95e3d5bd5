"""The file itself: the same input gives the same bytes, and every damage is named."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from slipway.bundle import archive, model, sums
from slipway.bundle.opened import Bundle
from slipway.errors import BadInput, SlipwayError

ABOUT = model.About("0.1.0", "ci", "amd64", "bookworm", "3.11")
LOCK = "format: 1\narchitecture: amd64\nartifacts: {}\nblobs: {}\n"


def stage(directory: Path) -> Path:
    files = {
        "bootstrap.sh": b"#!/bin/sh\n",
        "bundle.json": ABOUT.text().encode(),
        "artifacts.lock.yaml": LOCK.encode(),
        "distribution/manifests/a.yaml": b"a: 1\n",
        f"distribution/{'long/' * 30}name": b"",
        "blobs/sha256/" + "a" * 64 + ".zst": b"blob" * 5000,
        "wheels/a.whl": b"wheel" * 1000,
    }
    for name, data in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(data)
    (directory / "bootstrap.sh").chmod(0o755)
    (directory / model.SUMS).write_text(sums.of_directory(directory))
    return directory


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    archive.write(stage(tmp_path / "staged"), tmp_path / "file.bundle")
    return tmp_path / "file.bundle"


def test_the_same_input_gives_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    other = stage(tmp_path / "again")
    for path in other.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700 if path.is_dir() or path.name == "bootstrap.sh" else 0o600)
    archive.write(other, tmp_path / "again.bundle")
    assert (tmp_path / "again.bundle").read_bytes() == bundle.read_bytes()
    assert sums.faults(tmp_path / "again.bundle") == sums.faults(bundle) == []


def test_tar_reads_it_and_sha256sum_agrees(bundle: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "-xf", bundle, "-C", tmp_path], check=True)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", model.SUMS], cwd=tmp_path / model.TOP, check=True)
    assert (tmp_path / model.TOP / "bootstrap.sh").stat().st_mode & 0o777 == 0o755


def test_what_is_read_first_stands_first_and_blobs_last(bundle: Path) -> None:
    names = list(archive.index(bundle))
    assert names[:3] == ["bootstrap.sh", "SHA256SUMS", "bundle.json"]
    assert names[-1].startswith("blobs/")


def test_a_whole_bundle_has_no_faults(bundle: Path) -> None:
    assert sums.faults(bundle) == []
    assert Bundle(bundle).about == ABOUT


def test_each_damaged_member_is_named(bundle: Path) -> None:
    members = archive.index(bundle)
    wrong = ["wheels/a.whl", "distribution/manifests/a.yaml"]
    with bundle.open("r+b") as handle:
        for name in wrong:
            handle.seek(members[name].offset)
            handle.write(b"?")
    faults = sums.faults(bundle)
    assert sorted(line.partition(": ")[0] for line in faults) == sorted(wrong)
    assert all("has the sha256" in line for line in faults)


def test_a_file_that_ends_early(bundle: Path) -> None:
    blob = list(archive.index(bundle))[-1]
    place = archive.index(bundle)[blob]
    os.truncate(bundle, place.offset + 100)
    (fault,) = sums.faults(bundle)
    assert fault.startswith(f"{blob}: ")
    os.truncate(bundle, archive.index(bundle)["wheels/a.whl"].offset + 10)
    assert {line.partition(": ")[0] for line in sums.faults(bundle)} == {blob, "wheels/a.whl"}


def test_a_member_that_nobody_promised(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "evil").write_text("x")
    with tarfile.open(bundle, "a:") as handle:
        handle.add(tmp_path / "evil", f"{model.TOP}/distribution/evil")
    assert sums.faults(bundle) == [f"distribution/evil: is not in {model.SUMS}"]
    opened = Bundle(bundle)
    with pytest.raises(SlipwayError, match="evil"):
        opened.extract("distribution", tmp_path / "out")


def test_what_is_damaged_is_not_used(bundle: Path, tmp_path: Path) -> None:
    opened = Bundle(bundle)
    with bundle.open("r+b") as handle:
        handle.seek(opened.members["wheels/a.whl"].offset)
        handle.write(b"?")
    with pytest.raises(SlipwayError, match=r"wheels/a\.whl"):
        opened.extract("wheels", tmp_path / "out")
    blob = list(opened.members)[-1].removeprefix("blobs/sha256/").removesuffix(".zst")
    with pytest.raises(SlipwayError, match=blob):
        opened.blob(f"sha256:{blob}", tmp_path / "blob")
    assert not (tmp_path / "blob").exists()


@pytest.mark.parametrize("data", [b"", b"no tar file", b"\0" * 20480])
def test_another_file_is_bad_input(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(data)
    with pytest.raises(BadInput):
        sums.faults(path)
    with pytest.raises(BadInput):
        Bundle(path)
    with pytest.raises(BadInput, match="No such file"):
        Bundle(tmp_path / "nothing")


def test_another_format_is_bad_input() -> None:
    with pytest.raises(BadInput, match="format 1"):
        model.parse('{"format": 2}', "file")
    with pytest.raises(BadInput, match="format 1"):
        model.parse("[]", "file")
    assert model.parse(ABOUT.text(), "file") == ABOUT
