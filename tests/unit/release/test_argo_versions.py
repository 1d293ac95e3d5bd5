"""Which versions of Argo may follow which: what their component.yaml says, as the engine reads it."""

from __future__ import annotations

import pytest
from slipway import paths
from slipway.catalog.load import read_component
from slipway.release.planning.upgrade import may_not_follow

ROOT = paths.distribution() / "manifests" / "argo"


@pytest.mark.parametrize(
    ("version", "installed", "reason"),
    [
        ("3.7.18", "3.6.12", ""),
        ("3.7.18", "3.7.3", ""),
        ("3.7.18", "3.5.15", "install 3.6 first"),
        ("3.7.18", "3.60.0", "install 3.6 first"),
        ("3.7.18", "4.0.0", "version 3.7.18 follows 3.6, 3.7, not 4.0.0"),
        ("3.6.12", "3.7.18", ""),
        ("3.6.12", "3.5.15", ""),
        ("3.6.12", "3.4.17", "WorkflowTaskResults"),
        ("3.6.12", "4.0.0", "version 3.6.12 follows 3.5, 3.6, 3.7, not 4.0.0"),
    ],
)
def test_a_version_of_argo_follows_only_what_it_understands(version: str, installed: str, reason: str) -> None:
    component = read_component(ROOT / version, f"manifests/argo/{version}/component.yaml")
    said = " ".join(may_not_follow(component, installed))
    assert (reason in said) if reason else said == ""
