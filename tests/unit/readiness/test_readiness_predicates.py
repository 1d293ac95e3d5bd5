"""Predicates, from fixtures: files named ready-*, waiting-* and failed-* beside this one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from slipway.readiness import StorageClasses, ready, watched
from slipway.readiness.table import PREDICATES

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.yaml"))
AROUND = StorageClasses({"local-path": "WaitForFirstConsumer", "nfs": "Immediate"}, "local-path")
STATES = {"ready": "ready", "waiting": "not yet", "failed": "failed"}


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_fixture(path: Path) -> None:
    for document in yaml.safe_load_all(path.read_text()):
        expected = document.pop("expect", "")
        verdict = ready(document, AROUND)
        assert verdict.state == STATES[path.stem.partition("-")[0]], document
        assert expected in verdict.reason
        assert verdict.ready or verdict.reason


def test_every_predicate_has_fixtures_for_ready_and_waiting() -> None:
    seen = {
        (document["apiVersion"].rpartition("/")[0], document["kind"], path.stem.partition("-")[0] == "ready")
        for path in FIXTURES
        for document in yaml.safe_load_all(path.read_text())
    }
    for group, kind in PREDICATES:
        assert (group, kind, True) in seen, kind
        assert (group, kind, False) in seen, kind


def test_what_does_not_exist_or_is_going_is_not_ready() -> None:
    assert not ready(None, AROUND).ready
    going = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert ready(going, AROUND).reason == "is being deleted"


def test_other_kinds_are_ready_when_they_exist() -> None:
    assert ready({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}, AROUND).ready
    assert not watched("v1", "ConfigMap")
    assert watched("apps/v1", "Deployment")
    # The same kind name in another group is another kind.
    assert not watched("example.com/v1", "Deployment")
