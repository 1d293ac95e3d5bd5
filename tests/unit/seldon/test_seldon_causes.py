"""What Pods say of themselves, as sentences."""

from typing import Any

from slipway_seldon.causes import causes

Obj = dict[str, Any]


def pod(*containers: Obj, created: str = "2026-01-01T00:00:00Z", **more: Any) -> Obj:
    return {"metadata": {"creationTimestamp": created, **more}, "status": {"containerStatuses": list(containers)}}


def waits(reason: str, message: str = "", **more: Any) -> Obj:
    return {"name": "model", "ready": False, "state": {"waiting": {"reason": reason, "message": message}}, **more}


def test_an_image_that_cannot_be_had_is_named() -> None:
    assert causes([pod(waits("ErrImagePull", "no such image: m:1"))]) == ("Container model waits: no such image: m:1.",)


def test_a_container_that_ends_again_and_again() -> None:
    ended = {"terminated": {"exitCode": 2, "reason": "Error"}}
    assert causes([pod(waits("CrashLoopBackOff", "back-off 10s", lastState=ended))]) == (
        "Container model waits: back-off 10s.",
        "Container model has ended with exit code 2 (Error).",
    )


def test_a_pod_without_a_node() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available."}
    found = {"metadata": {}, "status": {"conditions": [condition]}}
    assert causes([found]) == ("A Pod finds no node: 0/1 nodes are available.",)


def test_the_way_of_things_is_no_cause() -> None:
    ready = {"name": "model", "ready": True, "state": {"running": {}}, "lastState": {"terminated": {"exitCode": 1}}}
    assert causes([pod(waits("ContainerCreating")), pod(ready), {"metadata": {}}]) == ()


def test_the_newest_first_each_once_and_not_too_many() -> None:
    old = pod(waits("ErrImagePull", "old"), created="2026-01-01T00:00:00Z")
    new = [pod(waits("ErrImagePull", f"new {n}"), created=f"2026-01-02T00:00:0{n}Z") for n in (0, 1, 1, 2)]
    assert causes([old, *new]) == (
        "Container model waits: new 2.",
        "Container model waits: new 1.",
        "Container model waits: new 0.",
    )


def test_pods_that_are_going_do_not_count() -> None:
    assert causes([pod(waits("ErrImagePull"), deletionTimestamp="now")]) == ()


def test_long_messages_are_told_to_their_end() -> None:
    """The cause is what comes last: which quota, which Secret, what the registry said."""
    message = "failed to pull: " + "x" * 3000 + ": unauthorized"
    assert causes([pod(waits("ErrImagePull", message))]) == (f"Container model waits: {message}.",)


def test_what_a_container_said_at_its_end() -> None:
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "message": "no such bucket: models\n"}}
    failed = {
        "metadata": {},
        "status": {"initContainerStatuses": [waits("CrashLoopBackOff", "back-off", lastState=ended)]},
    }
    assert causes([failed])[1] == "Container model has ended with exit code 1 (Error): no such bucket: models."
