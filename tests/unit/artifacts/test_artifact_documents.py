"""What is wrong with image.yaml, build.yaml or a Dockerfile is said with its file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from slipway import paths
from slipway.artifacts import contents, spec
from slipway.errors import BadInput


def test_an_unknown_key_is_named_with_its_line(write_image: Callable[..., Path]) -> None:
    directory = write_image("app", extra="binaries: []\nbinarys: [x]\n")
    with pytest.raises(BadInput) as caught:
        spec.read_image(directory)
    assert caught.value.where == f"{directory}/image.yaml:7"
    assert "'binarys'" in caught.value.what
    assert "binaries" in caught.value.remedy
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: app\ndescription: d\nbase: base\nlicenses: MIT\n", 1, "source"),
        ("name: app\ndescription: d\nbase: base\nlicenses: MIT\nsource: there\n", 5, "source"),
        ("name: App\ndescription: d\nbase: base\nlicenses: MIT\nsource: https://x\n", 1, "name"),
        ("name: app\ndescription: d\nbase: base\nlicenses: MIT\nsource: https://x\nbinaries:\n- a\n- 7\n", 8, "7"),
        ("name: app\ndescription: d\n  base: base\n", 3, "not YAML"),
        ("- a\n", 1, "object"),
    ],
)
def test_other_faults_have_their_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    (tmp_path / "image.yaml").write_text(text)
    with pytest.raises(BadInput) as caught:
        spec.read_image(tmp_path)
    assert caught.value.where == f"{tmp_path}/image.yaml:{line}"
    assert words in caught.value.what


def test_the_name_is_the_directory_s(write_image: Callable[..., Path]) -> None:
    directory = write_image("app")
    directory.rename(directory.parent / "other")
    with pytest.raises(BadInput, match="differs from its directory"):
        spec.read_image(directory.parent / "other")


@pytest.mark.parametrize(
    ("text", "base", "line", "words"),
    [
        ("FROM debian\n", "base", 1, "does not use the base"),
        ("FROM ${BASE}\n", "base", 1, "ARG BASE is missing"),
        ("RUN x\n", "base", 1, "no FROM"),
        ("ARG BASE\nFROM ${BASE}\n", "scratch", 2, "does not use the base"),
    ],
)
def test_a_dockerfile_uses_its_base(tmp_path: Path, text: str, base: str, line: int, words: str) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(text)
    with pytest.raises(BadInput, match=words) as caught:
        spec.check_dockerfile(path, base)
    assert caught.value.where == f"{path}:{line}"


@pytest.mark.parametrize("text", ["ARG BASE\nFROM ${BASE}\n", "ARG BASE\nFROM $BASE AS a\nRUN x\nFROM ${BASE}\n"])
def test_a_good_dockerfile(tmp_path: Path, text: str) -> None:
    (tmp_path / "Dockerfile").write_text(text)
    spec.check_dockerfile(tmp_path / "Dockerfile", "base")


@pytest.mark.parametrize(
    ("extra", "words"),
    [("binaries: [nothing]\n", "no binary 'nothing'"), ("companions: [nothing]\n", "no image 'nothing'")],
)
def test_references_have_to_exist(
    tmp_path: Path, write_image: Callable[..., Path], go_version: object, extra: str, words: str
) -> None:
    write_image("app", extra=extra)
    with pytest.raises(BadInput, match=words):
        contents.read(tmp_path / "images")


def test_bases_must_not_go_in_a_circle(tmp_path: Path, write_image: Callable[..., Path], go_version: object) -> None:
    write_image("a", "b")
    write_image("b", "a")
    with pytest.raises(BadInput, match="a → b → a"):
        contents.read(tmp_path / "images")


def test_two_units_must_not_make_one_binary(tmp_path: Path, write_go: Callable[..., Path], go_version: object) -> None:
    write_go("one", "tool")
    write_go("two", "tool")
    with pytest.raises(BadInput, match="'tool' is made by 'one' too"):
        contents.read(tmp_path / "images")


def test_a_module_without_checksums_is_refused(write_go: Callable[..., Path]) -> None:
    directory = write_go("one", "tool")
    (directory / "go.sum").unlink()
    with pytest.raises(BadInput, match=r"go\.sum is missing"):
        spec.read_go(directory.parent)


def test_the_images_of_this_distribution_are_valid(go_version: object) -> None:
    known = contents.read(paths.distribution() / "images")
    assert {"base", "kubernetes", "pause"} <= set(known.images)
    for image in known.images.values():
        if image.rootfs is None:
            spec.check_dockerfile(image.directory / "Dockerfile", image.base)
