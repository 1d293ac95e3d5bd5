"""The work queue and the log reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st
from slipway_katib.edge.api import lines_of, path_of
from slipway_katib.edge.operator import of_a_trial
from slipway_katib.edge.queue import WorkQueue


async def wait_for(question: asyncio.Event) -> None:
    await asyncio.wait_for(question.wait(), 5)


def test_many_events_are_one_piece_of_work() -> None:
    async def run() -> list[str]:
        seen: list[str] = []
        done = asyncio.Event()

        async def work(key: str) -> None:
            seen.append(key)
            if key == "last":
                done.set()

        queue = WorkQueue(work, workers=1)
        for key in ("a", "a", "b", "a", "last"):
            queue.add(key)
        queue.start()
        await wait_for(done)
        await queue.stop()
        return seen

    assert asyncio.run(run()) == ["a", "b", "last"]


def test_one_key_is_never_worked_on_twice_at_once_and_no_event_is_lost() -> None:
    async def run() -> tuple[int, int]:
        busy = most = runs = 0
        done = asyncio.Event()

        async def work(key: str) -> None:
            nonlocal busy, most, runs
            busy += 1
            most = max(most, busy)
            runs += 1
            if runs == 1:
                queue.add(key)  # while it is worked on
            await asyncio.sleep(0.01)
            busy -= 1
            if runs == 2:
                done.set()

        queue = WorkQueue(work, workers=4)
        queue.start()
        queue.add("a")
        await wait_for(done)
        await queue.stop()
        return most, runs

    assert asyncio.run(run()) == (1, 2)


def test_what_fails_comes_back_and_others_go_on() -> None:
    async def run() -> list[str]:
        seen: list[str] = []
        done = asyncio.Event()

        async def work(key: str) -> None:
            seen.append(key)
            if seen.count("bad") == 4:
                done.set()
            elif key == "bad":
                raise RuntimeError("no")

        queue = WorkQueue(work, workers=1, first=0.01)
        queue.start()
        queue.add("bad")
        queue.add("good")
        await wait_for(done)
        await queue.stop()
        return seen

    seen = asyncio.run(run())
    assert seen == ["bad", "good", "bad", "bad", "bad"]


def test_the_back_off_has_an_end() -> None:
    async def never(key: str) -> None: ...

    queue = WorkQueue(never, first=0.2, most=60)
    assert 0.1 < queue.delay(1) < 0.3
    assert all(queue.delay(failures) <= 75 for failures in (10, 100, 10_000))


async def chunks_of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def lines(*chunks: bytes, max_line: int = 100, max_bytes: int = 1000) -> list[str]:
    async def run() -> list[str]:
        return [line async for line in lines_of(chunks_of(*chunks), max_line, max_bytes)]

    return asyncio.run(run())


@given(st.lists(st.binary(max_size=20), max_size=20), st.integers(1, 30))
def test_lines_do_not_depend_on_chunks(parts: list[bytes], size: int) -> None:
    data = b"\n".join(parts)
    cut = [data[start : start + size] for start in range(0, len(data), size)]
    expected = [p.decode("utf-8", "replace") for p in data.replace(b"\r", b"\n").split(b"\n")]
    if expected[-1] == "":
        expected.pop()
    assert lines(*cut) == expected


def test_a_long_line_is_cut_and_a_long_log_too() -> None:
    assert lines(b"x" * 500, b"y" * 500, b"\nloss=1\n", max_bytes=5000) == ["x" * 100, "loss=1"]
    assert len(lines(*[b"ab\n" * 100] * 10, max_bytes=700)) < 400


def test_paths() -> None:
    assert path_of("v1", "Pod", "ns", "p", "log") == "/api/v1/namespaces/ns/pods/p/log"
    assert path_of("kubeflow.org/v1beta1", "Trial", "ns") == "/apis/kubeflow.org/v1beta1/namespaces/ns/trials"
    assert path_of("kubeflow.org/v1", "PyTorchJob", "ns", "j") == "/apis/kubeflow.org/v1/namespaces/ns/pytorchjobs/j"


def test_only_jobs_of_trials_are_looked_at() -> None:
    owner = {"kind": "Trial", "apiVersion": "kubeflow.org/v1beta1", "controller": True}
    assert of_a_trial({"metadata": {"ownerReferences": [owner]}})
    assert not of_a_trial({"metadata": {"ownerReferences": [{**owner, "kind": "CronJob"}]}})
    assert not of_a_trial({"metadata": {}})
