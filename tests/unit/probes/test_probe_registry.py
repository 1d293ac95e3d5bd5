"""The Pod of the registry's probe, and the words for where it is."""

from __future__ import annotations

from typing import Any

import pytest
from slipway.diagnosis.causes import state
from slipway.readiness.probes.registry import pod


def test_the_node_must_ask_the_registry_every_time() -> None:
    spec = pod("workbench", "host:5000/a:b")["spec"]
    assert spec["imagePullSecrets"] == [{"name": "regcred"}]
    assert spec["containers"][0]["image"] == "host:5000/a:b"
    assert spec["containers"][0]["imagePullPolicy"] == "Always"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({}, "not scheduled"),
        ({"phase": "Pending"}, "Pending"),
        (
            {"phase": "Failed", "message": "Pod was active on the node longer than the specified deadline"},
            "Pod was active",
        ),
        (
            {"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull", "message": "401 Unauthorized"}}}]},
            "ErrImagePull: 401 Unauthorized",
        ),
        ({"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}, "ContainerCreating"),
        ({"phase": "Running", "containerStatuses": [{"state": {"running": {"startedAt": "now"}}}]}, "Running"),
    ],
)
def test_a_pod_says_why_it_is_where_it_is(status: dict[str, Any], words: str) -> None:
    assert state({"status": status}).startswith(words)
