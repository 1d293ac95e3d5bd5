"""Which Pods can never start, and where one is: what smoke test, probes, doctor and models go by."""

from __future__ import annotations

from typing import Any

import pytest
from slipway.diagnosis.causes import AT_ONCE, state, stuck


def pod(reason: str, *, init: bool = False) -> dict[str, Any]:
    waiting = [{"name": "main", "state": {"waiting": {"reason": reason, "message": "why"}}}]
    return {"metadata": {"name": "p"}, "status": {"initContainerStatuses" if init else "containerStatuses": waiting}}


@pytest.mark.parametrize(
    "reason", ["ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError"]
)
@pytest.mark.parametrize("init", [True, False])
def test_no_waiting_ends_these(reason: str, init: bool) -> None:
    assert stuck(pod(reason, init=init)) == f"container p/main: {reason}: why"
    assert stuck(pod(reason, init=init), AT_ONCE)


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "CrashLoopBackOff"])
def test_nor_these_once_the_kubelet_has_backed_off(reason: str) -> None:
    assert stuck(pod(reason))


def test_the_first_failure_of_a_pull_is_waited_for_where_there_is_time() -> None:
    assert not stuck(pod("ErrImagePull"))
    assert stuck(pod("ErrImagePull"), AT_ONCE)


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_a_start_is_waited_for(reason: str) -> None:
    assert not stuck(pod(reason), AT_ONCE)


def test_a_pod_is_where_its_init_container_is() -> None:
    done = {"name": "first", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}
    found = pod("ImagePullBackOff")
    found["status"]["initContainerStatuses"] = [done]
    assert state(found) == "ImagePullBackOff: why"
    found["status"]["initContainerStatuses"] = [{"name": "first", "state": {"terminated": {"reason": "Error"}}}]
    assert state(found) == "Error"
