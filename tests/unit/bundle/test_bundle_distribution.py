"""What is read beside the code, in a copy."""

from __future__ import annotations

from pathlib import Path

import pytest
from slipway import paths
from slipway.artifacts import contents
from slipway.bundle import distribution
from slipway.catalog import load_catalog
from slipway.errors import BadInput


@pytest.fixture
def root(tmp_path: Path) -> Path:
    base = tmp_path / "root"
    for name in ("manifests/chart/templates/a.yaml", "images/x/__pycache__/m.pyc", "images/x/app.py", "other/file"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(name)
    return base


def test_links_are_followed_and_the_rest_is_left_out(root: Path, tmp_path: Path) -> None:
    (root / "manifests/compact").mkdir()
    (root / "manifests/compact/templates").symlink_to("../chart/templates")
    (root / "manifests/compact/one.yaml").symlink_to("../chart/templates/a.yaml")
    distribution.copy(root, tmp_path / "copy")
    found = {
        path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*") if path.is_file()
    }
    assert found == {
        "images/x/app.py",
        "manifests/chart/templates/a.yaml",
        "manifests/compact/one.yaml",
        "manifests/compact/templates/a.yaml",
    }
    assert not any(path.is_symlink() for path in (tmp_path / "copy").rglob("*"))


def test_a_link_that_leads_out_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (root / "manifests/secret").symlink_to(tmp_path / "secret")
    with pytest.raises(BadInput, match="leads out"):
        distribution.copy(root, tmp_path / "copy")


def test_a_copy_of_this_distribution_has_the_same_artifacts_and_components(tmp_path: Path) -> None:
    here = paths.distribution()
    distribution.copy(here, tmp_path)
    keys = {name: node.key for name, node in contents.read(tmp_path / "images").nodes.items()}
    assert keys == {name: node.key for name, node in contents.read(here / "images").nodes.items()}
    assert list(load_catalog(tmp_path, "ci").components) == list(load_catalog(here, "ci").components)
