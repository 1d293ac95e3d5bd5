"""Values that the components of an overlay share: one place for each, and what a component says itself wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.catalog import load_catalog
from slipway.errors import BadInput
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

GENERATOR = {"name": "settings", "envs": ["settings.env"], "options": {
    "disableNameSuffixHash": True, "annotations": {"config.kubernetes.io/local-config": "true"}}}  # fmt: skip
SETTINGS: list[dict[str, Any]] = [
    {"name": "server", "type": "string", "default": "none", "description": "a server"},
    {"name": "size", "type": "integer", "default": 1, "description": "a size"},
]


def put(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else yaml.safe_dump(value))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two components, `a` with both settings and `b` with none of the shared ones; both take `zone` from a part."""
    for name, settings in (("a", SETTINGS), ("b", SETTINGS[1:])):
        base, overlay = tmp_path / "manifests" / name / "1", tmp_path / "overlays" / "test" / name
        spec = {"version": "1", "edition": "compact", "description": name, "namespace": name, "settings": settings}
        meta = {"name": name}
        put(
            base / "component.yaml",
            {"apiVersion": "slipway.dev/v1", "kind": "Component", "metadata": meta, "spec": spec},
        )
        data = dict.fromkeys(("server", "size", "zone"), "x")
        put(
            base / "map.yaml",
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**meta, "namespace": name}, "data": data},
        )
        put(base / "kustomization.yaml", {"resources": ["map.yaml"]})
        sources = [*(setting["name"] for setting in settings), "zone"]
        put(overlay / "kustomization.yaml", {
            "resources": ["../common/settings", f"../../../manifests/{name}/1"],
            "configMapGenerator": [{**GENERATOR, "behavior": "merge"}],
            "replacements": [
                {"source": {"kind": "ConfigMap", "name": "settings", "fieldPath": f"data.{key}"},
                 "targets": [{"select": {"kind": "ConfigMap", "name": name}, "fieldPaths": [f"data.{key}"]}]}
                for key in sources
            ],
        })  # fmt: skip
        put(overlay / "settings.env", "size=2\n")
    common = tmp_path / "overlays" / "test" / "common" / "settings"
    put(common / "kustomization.yaml", {"configMapGenerator": [GENERATOR]})
    put(common / "settings.env", "# of all\nserver=one\nzone=here\nsize=9\n")
    return tmp_path


def rendered(root: Path, given: dict[str, dict[str, object]] | None = None, **shared: object) -> dict[str, Rendered]:
    return render(load_catalog(root, "test"), given or {}, Facts(shared=shared), unchanged)


def data(item: Rendered) -> dict[str, str]:
    found: dict[str, str] = item.objects[0]["data"]
    return found


def test_the_overlay_states_them_once(root: Path) -> None:
    found = rendered(root)
    assert data(found["a"]) == {"server": "one", "size": "2", "zone": "here"}
    assert data(found["b"])["zone"] == "here"
    assert found["a"].settings == {"server": "one", "size": "2"}


def test_one_configured_value_reaches_all(root: Path) -> None:
    found = rendered(root, server="two", zone="there")
    assert data(found["a"]) == {"server": "two", "size": "2", "zone": "there"}
    assert data(found["b"])["zone"] == "there"


def test_a_component_of_its_own_mind(root: Path) -> None:
    found = rendered(root, {"a": {"server": "three"}}, server="two")
    assert data(found["a"])["server"] == "three"


def test_unknown_ones_are_refused(root: Path) -> None:
    with pytest.raises(BadInput) as refused:
        rendered(root, servr="two")
    assert "unknown shared setting 'servr'" in str(refused.value) and "server" in str(refused.value)
