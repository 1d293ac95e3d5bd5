"""The log reader, and which jobs are looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st
from slipway_katib.edge.logs import lines_of
from slipway_katib.edge.operator import of_a_trial


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


def test_only_jobs_of_trials_are_looked_at() -> None:
    owner = {"kind": "Trial", "apiVersion": "kubeflow.org/v1beta1", "controller": True}
    assert of_a_trial({"metadata": {"ownerReferences": [owner]}})
    assert not of_a_trial({"metadata": {"ownerReferences": [{**owner, "kind": "CronJob"}]}})
    assert not of_a_trial({"metadata": {}})
