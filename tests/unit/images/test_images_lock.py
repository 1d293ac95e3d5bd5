"""The lock file, what moved, and what is told of registries that fail."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from slipway.errors import BadInput, SlipwayError
from slipway.images import lock, resolve
from slipway.images.find import Image, own
from slipway.images.mirror import Layout, tasks
from slipway.images.parallel import each, summary
from slipway.images.reference import parse
from slipway.images.skopeo import Registries, Unreachable

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def image(text: str) -> Image:
    reference = parse(text)
    assert reference is not None
    return Image(reference)


def write(root: Path, text: str) -> Path:
    path = root / lock.FILE
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return root


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    images = {"quay.io/b:1": ONE, "docker.io/library/a:2": TWO}
    assert lock.load(write(tmp_path, lock.text(images))) == images
    assert list(yaml.safe_load(lock.text(images))["images"]) == sorted(images)


def test_no_file_locks_nothing(tmp_path: Path) -> None:
    assert lock.load(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("images: {a: b}\n", "images.lock.yaml:1: images.a"),
        ("[]\n", "mapping"),
        ("imagse: {}\n", "imagse"),
        ("{", "YAML"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(BadInput) as caught:
        lock.load(write(tmp_path, text))
    assert fault in str(caught.value)


def test_what_moved_is_told() -> None:
    moves = resolve.moves({"a:1": ONE, "b:1": ONE}, {"a:1": ONE, "b:1": TWO, "c:1": ONE})
    assert [str(move) for move in moves] == [f"b:1: {ONE} -> {TWO}", f"c:1: not locked -> {ONE}"]


def test_a_built_image_is_copied_from_its_layout_under_two_tags() -> None:
    layouts = {"argo": Layout(Path("/cache/argo"), ONE, "111111111111")}
    ours, theirs = tasks([Image(own("argo")), image(f"quay.io/a/b:1@{TWO}")], "m.example.com", layouts)
    assert ours.source == Path("/cache/argo")
    assert [str(target) for target in ours.targets] == [
        "m.example.com/slipway.local/argo:0.1.0",
        "m.example.com/slipway.local/argo:111111111111",
    ]
    assert (ours.digest, theirs.digest) == (ONE, TWO)
    assert [str(target) for target in theirs.targets] == [f"m.example.com/quay.io/a/b:1@{TWO}"]


def test_an_image_that_is_not_built_is_told_with_its_remedy() -> None:
    with pytest.raises(SlipwayError, match="slipway images build argo katib"):
        tasks([Image(own("argo")), Image(own("katib"))], "m.example.com", {})


def test_a_registry_that_nobody_finds_is_named_once() -> None:
    """A real look-up of a name that RFC 2606 keeps from existing."""
    registries = Registries()
    wanted = [image(f"no-such-registry.invalid/a/{name}:1") for name in "abcdef"]
    with pytest.raises(SlipwayError) as caught:
        resolve.digests(wanted, registries)
    text = str(caught.value)
    assert text.count("the registry no-such-registry.invalid cannot be reached") == 1
    assert "image no-such-registry.invalid/a/" in text
    assert "5 more" in text
    assert caught.value.exit_code == 1


def test_one_failure_is_told_as_it_is() -> None:
    with pytest.raises(Unreachable, match=r"no-such-registry\.invalid cannot be reached"):
        resolve.digests([image("no-such-registry.invalid/a:1")], Registries())


def test_several_failures_are_all_told() -> None:
    failed = summary([SlipwayError("refuses", "image a"), SlipwayError("is not there", "image b")])
    assert failed is not None
    assert {"image a: refuses", "image b: is not there"} <= set(failed.details)


def test_a_fault_of_our_own_is_not_hidden() -> None:
    def broken(_: int) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        each([1], broken)


def test_own_images_are_not_locked() -> None:
    assert resolve.digests([Image(own("argo"))], Registries()) == {}
