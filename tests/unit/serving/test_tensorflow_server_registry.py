"""TensorFlow's server follows a directory of versions: swaps, broken ones, labels, and what it says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from slipway_tensorflow.errors import BadStart, ServingError
from slipway_tensorflow.paths import Which
from slipway_tensorflow.registry import Registry, State
from slipway_tensorflow.versions import ModelConfig, Policy


def load(name: str, version: int, directory: str) -> Any:
    """A model is the text of its file."""
    return (Path(directory) / "saved_model.pb").read_text()


def put(base: Path, version: int, text: str = "") -> None:
    (base / str(version)).mkdir()
    if text:
        (base / str(version) / "saved_model.pb").write_text(text)


def registry(base: Path, **config: Any) -> Registry:
    made = Registry(load)
    made.configure([ModelConfig("m", str(base), **config)])
    return made


def served(follows: Registry, which: Which) -> object:
    """What ``load`` made of a version."""
    return follows.model(which)


def test_the_latest_version_replaces_the_one_before(tmp_path: Path) -> None:
    put(tmp_path, 1, "one")
    follows = registry(tmp_path)
    follows.step()
    assert follows.settled() and served(follows, Which("m")) == "one"
    put(tmp_path, 2, "two")
    follows.step()
    assert served(follows, Which("m")) == "two"
    assert follows.states(Which("m")) == {2: State("AVAILABLE"), 1: State("END")}
    with pytest.raises(ServingError, match=r"Servable not found for request: Specific\(m, 1\)"):
        follows.model(Which("m", version=1))


def test_a_broken_version_says_why_and_is_tried_again_when_its_files_change(tmp_path: Path) -> None:
    put(tmp_path, 1, "one")
    put(tmp_path, 2)
    follows = registry(tmp_path, policy=Policy("latest", count=2))
    follows.step()
    assert follows.settled() and served(follows, Which("m")) == "one"
    state = follows.states(Which("m", version=2))[2]
    assert (state.state, state.code) == ("END", "UNKNOWN") and "No such file" in state.message
    (tmp_path / "2" / "saved_model.pb").write_text("two")
    follows.step()
    assert served(follows, Which("m")) == "two"


def test_nothing_but_a_broken_version_ends_the_server(tmp_path: Path) -> None:
    put(tmp_path, 4)
    follows = registry(tmp_path)
    follows.step()
    with pytest.raises(BadStart, match=r"version 4 of model m cannot be loaded: .*No such file"):
        follows.settled()


def test_a_model_without_a_version_is_waited_for_and_a_misplaced_one_is_told(tmp_path: Path) -> None:
    follows = registry(tmp_path / "later")
    follows.step()
    assert not follows.settled()
    (tmp_path / "later").mkdir()
    follows.step()
    assert not follows.settled()
    (tmp_path / "later" / "saved_model.pb").write_text("flat")
    with pytest.raises(BadStart, match=r"1/saved_model\.pb"):
        follows.settled()


def test_a_directory_that_cannot_be_read_takes_no_version_away(tmp_path: Path) -> None:
    base = tmp_path / "m"
    base.mkdir()
    put(base, 1, "one")
    follows = registry(base)
    follows.step()
    base.rename(tmp_path / "away")
    follows.step()
    assert served(follows, Which("m")) == "one"


def test_labels_name_versions(tmp_path: Path) -> None:
    put(tmp_path, 1, "one")
    put(tmp_path, 2, "two")
    follows = registry(tmp_path, policy=Policy("all"), labels={"stable": 1})
    follows.step()
    assert served(follows, Which("m", label="stable")) == "one"
    assert list(follows.states(Which("m", label="stable"))) == [1]
    with pytest.raises(ServingError, match="Unrecognized servable version label: canary"):
        follows.model(Which("m", label="canary"))


def test_models_that_are_configured_no_more_are_gone(tmp_path: Path) -> None:
    put(tmp_path, 1, "one")
    follows = registry(tmp_path)
    follows.step()
    follows.configure([ModelConfig("n", str(tmp_path))])
    follows.step()
    assert served(follows, Which("n")) == "one"
    with pytest.raises(ServingError, match=r"Latest\(m\)"):
        follows.model(Which("m"))
