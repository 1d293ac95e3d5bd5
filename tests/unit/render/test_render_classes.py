"""`--only` brings the component whose StorageClass the claims of the chosen ones name."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from slipway import paths
from slipway.catalog import load_catalog, overlays
from slipway.kube import Obj
from slipway.workflows.options import Options
from slipway.workflows.platform import load_platform

ROOT = paths.distribution()
#: Every class that the chosen ones name.
FAST = tuple(f"components.{name}.settings.storage_class=fast" for name in ("registry", "storage"))


def chosen(overlay: str, only: str, *sets: str) -> set[str]:
    return set(load_platform(Options(Path("/dev/null"), None, sets, overlay), (only,)).catalog.components)


@pytest.mark.parametrize(
    ("overlay", "only", "sets", "expected"),
    [
        # kind's volumes are of the class `shared`, which local-path makes.
        ("kind", "argo", (), {"argo", "storage", "local-path"}),
        ("kind", "registry", (), {"registry", "local-path"}),
        # Another class is the cluster's own business, and so is a provisioner that was switched off.
        ("kind", "registry", FAST, {"registry", "storage"}),
        ("kind", "registry", ("components.local-path.enabled=false",), {"registry"}),
        # Static volumes have no class.
        ("embedded", "storage", (), {"storage"}),
    ],
)
def test_the_maker_of_the_class_comes_along(overlay: str, only: str, sets: tuple[str, ...], expected: set[str]) -> None:
    assert expected <= chosen(overlay, only, *sets)
    assert ("local-path" in chosen(overlay, only, *sets)) == ("local-path" in expected)


@pytest.mark.parametrize("overlay", overlays(ROOT))
def test_components_declare_the_classes_of_their_manifests(overlay: str) -> None:
    for component in load_catalog(ROOT, overlay).components.values():
        made: set[str] = set()
        for path in component.path.rglob("*.yaml"):
            documents: list[Obj] = [item for item in yaml.safe_load_all(path.read_text()) if isinstance(item, dict)]
            made |= {item["metadata"]["name"] for item in documents if item.get("kind") == "StorageClass"}
        # storage makes classes for its own claims alone.
        assert component.name == "storage" or made == set(component.classes)
