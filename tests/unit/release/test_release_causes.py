"""From pods and events to the sentence that helps."""

from __future__ import annotations

from typing import Any

import pytest
from slipway.diagnosis.causes import causes_of_pod, sentences_of_events


def pod(conditions: list[dict[str, Any]] | None = None, **container: Any) -> dict[str, Any]:
    status: dict[str, Any] = {"conditions": conditions or []}
    if container:
        status["containerStatuses"] = [{"name": "main", **container}]
    return {"metadata": {"name": "web-1", "namespace": "argo"}, "status": status}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}}


@pytest.mark.parametrize(
    ("found", "text", "remedy", "log"),
    [
        (pod(**waiting("ImagePullBackOff", "no such host")), "ImagePullBackOff: no such host", "slipway images", ""),
        (pod(**waiting("ErrImageNeverPull")), "ErrImageNeverPull", "slipway images", ""),
        (pod(**waiting("CrashLoopBackOff", "back-off")), "CrashLoopBackOff", "last log lines", "main"),
        (pod(**waiting("CreateContainerConfigError", "secret x not found")), "secret x", "Secret or ConfigMap", ""),
        (pod(state={"terminated": {"exitCode": 3}}), "ended with code 3", "log", "main"),
        (pod(state={"running": {}}, ready=False, restartCount=2), "is not ready (restarted 2 times)", "", "main"),
        (
            pod(lastState={"terminated": {"reason": "OOMKilled"}}, **waiting("CrashLoopBackOff")),
            "out of memory",
            "memory limit",
            "main",
        ),
    ],
)
def test_containers(found: dict[str, Any], text: str, remedy: str, log: str) -> None:
    (cause,) = causes_of_pod(found)
    assert text in cause.text
    assert remedy in cause.remedy
    assert cause.container == log


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("0/1 nodes are available: 1 Insufficient cpu.", "CPU"),
        ("0/1 nodes are available: 1 Insufficient memory.", "memory"),
        ("pod has unbound immediate PersistentVolumeClaims", "claim"),
        ("1 node(s) had untolerated taint {node.kubernetes.io/not-ready}", "Ready"),
    ],
)
def test_scheduling(message: str, remedy: str) -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    (cause,) = causes_of_pod(pod([condition]))
    assert message in cause.text
    assert remedy in cause.remedy


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_what_is_on_its_way_is_no_cause(reason: str) -> None:
    assert list(causes_of_pod(pod(**waiting(reason)))) == []


def test_a_healthy_pod_has_no_causes() -> None:
    assert list(causes_of_pod(pod(state={"running": {}}, ready=True))) == []


def event(reason: str, message: str, when: str, kind: str = "Warning") -> dict[str, Any]:
    about = {"kind": "Pod", "name": "web-1"}
    return {"type": kind, "reason": reason, "message": message, "lastTimestamp": when, "involvedObject": about}


def test_events_are_warnings_once_and_the_newest_last() -> None:
    lines, remedy = sentences_of_events(
        [
            event("FailedMount", "mount failed\nlong output", "2026-01-01T00:00:03Z"),
            event("BackOff", "back-off", "2026-01-01T00:00:01Z"),
            event("BackOff", "back-off", "2026-01-01T00:00:02Z"),
            event("Pulled", "fine", "2026-01-01T00:00:04Z", "Normal"),
        ]
    )
    assert lines == ["Pod web-1: BackOff: back-off", "Pod web-1: FailedMount: mount failed"]
    assert "NFS" in remedy
