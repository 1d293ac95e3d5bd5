"""The work queue: coalescing, one worker per key, back-off."""

import asyncio

from slipway_seldon.workqueue import WorkQueue


def test_a_key_that_waits_is_there_once() -> None:
    async def run() -> None:
        queue: WorkQueue[str] = WorkQueue()
        for _ in range(3):
            queue.add("a")
        queue.add("b")
        assert [await queue.get(), await queue.get()] == ["a", "b"]
        assert len(queue) == 2

    asyncio.run(run())


def test_a_key_in_work_comes_again_afterwards() -> None:
    async def run() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("a")
        key = await queue.get()
        queue.add("a")
        queue.add("a")
        waiting = asyncio.create_task(queue.get())
        await asyncio.sleep(0.01)
        assert not waiting.done(), "never two workers on one key"
        queue.done(key)
        assert await asyncio.wait_for(waiting, 1) == "a"
        queue.done("a")
        assert len(queue) == 0

    asyncio.run(run())


def test_failures_back_off_and_success_forgets() -> None:
    async def run() -> None:
        queue: WorkQueue[str] = WorkQueue(base=0.001, limit=0.004)
        delays = []
        for _ in range(4):
            queue.add("a")
            delays.append(queue.failed(await queue.get()))
        assert delays == [0.001, 0.002, 0.004, 0.004]
        assert await asyncio.wait_for(queue.get(), 1) == "a"
        queue.done("a")
        queue.add("a")
        assert queue.failed(await queue.get()) == 0.001

    asyncio.run(run())


def test_the_earlier_request_wins() -> None:
    async def run() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add_later("a", 60)
        queue.add_later("a", 0.001)
        queue.add_later("a", 60)
        assert await asyncio.wait_for(queue.get(), 1) == "a"
        queue.done("a")
        assert len(queue) == 0

    asyncio.run(run())
