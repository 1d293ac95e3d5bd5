"""images.registry in a user's configuration file: added at the end, or refused; nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from slipway.cli.images_mirror import with_registry
from slipway.config.load import parse_text
from slipway.errors import BadInput

MIRROR = "mirror.example.com:5000/ml"
ADDED = f"images:\n  registry: {MIRROR}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, ADDED),
        ("", ADDED),
        ("# mine\noverlay: onprem # at home\n", f"# mine\noverlay: onprem # at home\n{ADDED}"),
        ("overlay: onprem", f"overlay: onprem\n{ADDED}"),
        (ADDED, ADDED),
        (f"{ADDED}overlay: onprem\n", f"{ADDED}overlay: onprem\n"),
    ],
)
def test_the_key_is_added(tmp_path: Path, before: str | None, after: str) -> None:
    path = tmp_path / "slipway.yaml"
    if before is not None:
        path.write_text(before)
    assert with_registry(path, MIRROR) == after
    assert parse_text(after).registry == MIRROR


@pytest.mark.parametrize(
    "before",
    ["images:\n  registry: other.example.com\n", "images: {}\n", "{overlay: onprem}\n", "[]\n", "a: [\n", "- x\n"],
)
def test_what_cannot_be_added_to_is_refused(tmp_path: Path, before: str) -> None:
    path = tmp_path / "slipway.yaml"
    path.write_text(before)
    with pytest.raises(BadInput, match="write it yourself"):
        with_registry(path, MIRROR)
    assert path.read_text() == before


@pytest.mark.parametrize("wrong", ["mirror", "http://mirror.example.com", "Mirror.example.com", "a.b:port"])
def test_a_wrong_registry_is_told_by_the_configuration_too(wrong: str) -> None:
    with pytest.raises(BadInput, match=r"images\.registry"):
        parse_text(f"images:\n  registry: {wrong}\n")
