"""The work queue: coalescing, one worker per key, back-off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest
from slipway_controller.api import ApiError
from slipway_controller.queue import Key, WorkQueue


async def run(
    work: Callable[[WorkQueue[str], list[str]], Awaitable[float | None]],
    *keys: str,
    until: int,
    workers: int = 1,
    first: float = 0.01,
) -> list[str]:
    """The keys in the order in which ``work`` got them, until it got so many; ``work`` is called after each."""
    seen: list[str] = []
    done = asyncio.Event()

    async def one(key: str) -> float | None:
        seen.append(key)
        if len(seen) >= until:
            done.set()
        return await work(queue, seen)

    queue = WorkQueue(one, workers=workers, first=first)
    for key in keys:
        queue.add(key)
    queue.start()
    await asyncio.wait_for(done.wait(), 5)
    await queue.stop()
    return seen


async def nothing(queue: WorkQueue[str], seen: list[str]) -> None: ...


def test_many_events_are_one_piece_of_work() -> None:
    assert asyncio.run(run(nothing, "a", "a", "b", "a", "last", until=3)) == ["a", "b", "last"]


def test_one_key_is_never_worked_on_twice_at_once_and_no_event_is_lost() -> None:
    busy = most = 0

    async def work(queue: WorkQueue[str], seen: list[str]) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        if len(seen) == 1:
            queue.add("a")  # while it is worked on
            queue.add("a")
        await asyncio.sleep(0.01)
        busy -= 1
        if len(seen) == 2:
            queue.add("end")

    assert asyncio.run(run(work, "a", until=3, workers=4)) == ["a", "a", "end"]
    assert most == 1


def test_what_fails_comes_back_and_others_go_on() -> None:
    async def work(queue: WorkQueue[str], seen: list[str]) -> None:
        if seen[-1] == "bad":
            raise RuntimeError("no")

    assert asyncio.run(run(work, "bad", "good", until=5)) == ["bad", "good", "bad", "bad", "bad"]


def test_an_event_during_work_that_fails_does_not_cut_the_back_off_short_but_one_after_it_does() -> None:
    async def story() -> list[str]:
        seen: list[str] = []

        async def work(key: str) -> None:
            seen.append(key)
            queue.add(key)
            raise RuntimeError("no")

        queue = WorkQueue(work, workers=1, first=60, most=60)
        queue.start()
        queue.add("a")
        await asyncio.sleep(0.05)
        assert seen == ["a"]
        queue.add("a")
        await asyncio.sleep(0.05)
        await queue.stop()
        return seen

    assert asyncio.run(story()) == ["a", "a"]


def test_failures_back_off_and_success_forgets(caplog: pytest.LogCaptureFixture) -> None:
    async def work(queue: WorkQueue[str], seen: list[str]) -> float | None:
        if len(seen) in (1, 2, 3, 5):
            raise ApiError(0, "no")
        return 0.001

    caplog.set_level("WARNING")
    asyncio.run(run(work, "a", until=6, first=0.01))
    waits = [float(record.message.rpartition(" in ")[2].split()[0]) for record in caplog.records]
    assert len(waits) == 4
    queue = WorkQueue(asyncio.sleep, first=1.0, most=8.0)
    for failures, middle in ((1, 1), (2, 2), (3, 4), (4, 8), (100, 8), (10_000, 8)):
        assert middle * 0.75 <= queue.delay(failures) <= middle * 1.25


def test_the_earlier_request_wins() -> None:
    async def story() -> list[str]:
        async def work(queue: WorkQueue[str], seen: list[str]) -> None:
            if seen[-1] == "start":
                for seconds in (60, 0.001, 60):
                    queue.add_later("a", seconds)

        return await run(work, "start", until=2)

    assert asyncio.run(story()) == ["start", "a"]


def test_a_conflict_is_a_remark_a_refusal_a_warning_and_a_fault_of_ours_has_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    errors = {"conflict": ApiError(409, "changed"), "refusal": ApiError(403, "no"), "fault": KeyError("spec")}

    async def work(queue: WorkQueue[str], seen: list[str]) -> None:
        raise errors[seen[-1]]

    caplog.set_level("INFO")
    asyncio.run(run(work, *errors, until=3, first=60))
    found = {record.message.partition(":")[0]: (record.levelno, bool(record.exc_info)) for record in caplog.records}
    assert found == {
        "conflict": (logging.INFO, False),
        "refusal": (logging.WARNING, False),
        "fault": (logging.ERROR, True),
    }


def test_a_worker_that_has_ended_is_no_health() -> None:
    async def story() -> None:
        queue = WorkQueue(asyncio.sleep, workers=2)
        queue.start()
        queue.add(60)
        assert queue.alive() == 1
        await queue.stop()
        with pytest.raises(RuntimeError, match="worker"):
            queue.alive()

    asyncio.run(story())


def test_a_key_reads_as_an_object() -> None:
    assert str(Key("Trial", "team", "a")) == "Trial team/a"
