"""Renderings are remembered as long as nothing that they follow from changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from slipway.catalog import Component
from slipway.render import cache
from slipway.render.settings import Facts

MADE = cache.Built({"size": "1"}, [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}])


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "slipway" / "rendered"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    file = tmp_path / "tree" / "manifests" / "boat" / "1.0" / "boat.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("a: 1\n")
    return tmp_path / "tree"


def component(version: str = "1.0") -> Component:
    return Component("boat", version, "compact", "", "boat", Path())


def test_a_rendering_comes_back_and_is_its_owners(own_cache: Path) -> None:
    facts = Facts()
    cache.save("key", MADE, cache.Asked(facts))
    assert cache.load("key", facts) == MADE
    assert cache.load("other", facts) is None
    assert [path.stat().st_mode & 0o077 for path in (own_cache, own_cache / "key")] == [0, 0]


def test_a_damaged_one_is_none(own_cache: Path) -> None:
    cache.save("key", MADE, cache.Asked(Facts()))
    (own_cache / "key").write_text('{"values": {}')
    assert cache.load("key", Facts()) is None


def test_a_nodes_address_counts_where_it_was_asked_for() -> None:
    asked = cache.Asked(Facts(node_ip=lambda: "192.0.2.1"))
    asked.facts.node_ip()
    cache.save("key", MADE, asked)
    assert cache.load("key", Facts(node_ip=lambda: "192.0.2.1")) == MADE
    assert cache.load("key", Facts(node_ip=lambda: "192.0.2.2")) is None


def test_files_links_settings_and_versions_make_another_key(tree: Path) -> None:
    def key(given: dict[str, object], version: str = "1.0", facts: Facts | None = None) -> str:
        return cache.key_of(cache.tree_digest(tree), "test", component(version), given, facts or Facts())

    first = key({"size": 1})
    assert key({"size": 1}) == first
    found = {first, key({"size": 2}), key({"size": 1}, "1.1"), key({"size": 1}, facts=Facts(project="other"))}
    (tree / "manifests" / "boat" / "1.0" / "boat.yaml").write_text("a: 2\n")
    found.add(key({"size": 1}))
    (tree / "overlays").mkdir()
    (tree / "overlays" / "link").symlink_to("there")
    found.add(key({"size": 1}))
    (tree / "overlays" / "link").unlink()
    (tree / "overlays" / "link").symlink_to("elsewhere")
    found.add(key({"size": 1}))
    assert len(found) == 7


def test_the_oldest_go(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "KEPT", 2)
    for number in range(4):
        cache.save(f"key{number}", MADE, cache.Asked(Facts()))
        cache.trim()
    assert len(list(own_cache.iterdir())) == 2
    assert cache.load("key3", Facts()) == MADE
