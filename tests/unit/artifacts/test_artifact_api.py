"""What other parts call: names, references, companions; and the commands."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from slipway import artifacts
from slipway.artifacts import api, build, store
from slipway.artifacts.contents import Catalogue
from slipway.artifacts.model import Artifact, Node
from slipway.cli.images import images
from slipway.errors import BadInput, SlipwayError
from slipway.progress import Reporter

DIGEST = "sha256:0123456789abcdef" + "0" * 48


@pytest.fixture
def known(
    tmp_path: Path,
    cache: Path,
    write_image: Callable[..., Path],
    write_go: Callable[..., Path],
    go_version: object,
    monkeypatch: pytest.MonkeyPatch,
) -> Catalogue:
    write_image("base")
    write_image("pause")
    write_image("kubernetes", "base", "binaries: [kubernetes]\ncompanions: [pause]\n")
    write_go("kubernetes", "kubernetes", "helper")
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    return artifacts.catalogue()


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replaces the builds, which need root and a network, by empty ones; lists what was asked for."""
    asked: list[str] = []

    def fake(node: Node, known: Catalogue) -> Artifact:
        asked.append(node.id)
        digest = DIGEST if node.kind == "image" else ""
        with store.workspace(node) as work:
            (work / "out").mkdir()
            return store.publish(Artifact(node.kind, node.name, node.key, store.location(node), digest), work / "out")

    monkeypatch.setattr(build, "build", fake)
    return asked


def ensure(*names: str) -> dict[str, Artifact]:
    return artifacts.ensure(names, Reporter(stream=io.StringIO()))


def test_ensure_builds_needs_and_companions_once(known: Catalogue, built: list[str]) -> None:
    result = ensure("kubernetes")
    assert result["kubernetes"].kind == "image"
    assert sorted(built) == ["binary/kubernetes", "image/base", "image/kubernetes", "image/pause"]
    assert built.index("image/kubernetes") > built.index("image/base")
    ensure("image/kubernetes", "binary/helper")
    assert len(built) == 4


def test_a_change_builds_again_what_it_touches(known: Catalogue, built: list[str], tmp_path: Path) -> None:
    ensure("kubernetes")
    built.clear()
    (tmp_path / "images" / "kubernetes" / "app.py").write_text("print(2)\n")
    ensure("kubernetes")
    assert built == ["image/kubernetes"]


def test_a_binary_is_found_by_its_own_name(known: Catalogue, built: list[str]) -> None:
    ensure("helper")
    assert built == ["binary/kubernetes"]
    assert artifacts.binary("helper").name == "helper"
    assert artifacts.binary("helper").parent == artifacts.binary("kubernetes").parent


def test_references_are_made_of_the_digest(known: Catalogue, built: list[str]) -> None:
    ensure("base")
    assert artifacts.image_reference("base") == "slipway.local/base:0123456789ab"
    with pytest.raises(SlipwayError, match="not built") as caught:
        artifacts.image_references(["base", "kubernetes"])
    assert "slipway images build kubernetes" in caught.value.remedy


def test_unknown_names_are_bad_input(known: Catalogue) -> None:
    for name in ("nothing", "image/nothing", "binary/nothing"):
        with pytest.raises(BadInput, match="nothing"):
            ensure(name)
    with pytest.raises(BadInput, match="nothing"):
        artifacts.import_images(["nothing"], Path("/nowhere"), Reporter())


def test_companions_follow_their_image(known: Catalogue) -> None:
    assert api.with_companions(["kubernetes", "base", "pause"], known) == ["kubernetes", "pause", "base"]


def test_list_says_what_is_built(known: Catalogue, built: list[str]) -> None:
    ensure("base")
    done = CliRunner().invoke(images, ["list", "--built", "--output", "json"])
    rows = {row["name"]: row for row in json.loads(done.output)}
    assert rows["base"]["state"] == "built"
    assert rows["base"]["digest"] == DIGEST
    assert rows["base"]["licenses"] == "MIT"
    assert rows["pause"]["state"] == "missing"
    text = CliRunner().invoke(images, ["list", "--built"]).output.splitlines()
    assert text[0].split()[:3] == ["IMAGE", "STATE", "DIGEST"]
    assert text[1].split()[:3] == ["base", "built", "0123456789ab"]


def test_build_without_names_builds_all_images(known: Catalogue, built: list[str]) -> None:
    done = CliRunner().invoke(images, ["build"])
    assert done.exit_code == 0
    assert {name for name in built if name.startswith("image/")} == {"image/base", "image/pause", "image/kubernetes"}
    assert "slipway.local/base:0123456789ab" in done.output


def test_an_image_is_imported_by_one_thread_at_a_time() -> None:
    order: list[tuple[str, bool]] = []
    entered = threading.Event()

    def second() -> None:
        entered.set()
        with api._one_at_a_time("x") as waited:
            order.append(("second", waited))

    with api._one_at_a_time("x") as waited:
        order.append(("first", waited))
        thread = threading.Thread(target=second)
        thread.start()
        entered.wait(5)
        time.sleep(0.05)
        assert order == [("first", False)]
    thread.join(5)
    assert order == [("first", False), ("second", True)]
