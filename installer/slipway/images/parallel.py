"""Some images at a time, and one error for all that failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from slipway.errors import SlipwayError
from slipway.images.skopeo import Unreachable

WORKERS = 4
T = TypeVar("T")
R = TypeVar("R")


def each(items: Sequence[T], work: Callable[[T], R]) -> list[R]:
    """The results in order, some items at a time.

    Raises SlipwayError with all failures; of a registry that cannot be reached, one.
    """
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        futures = [pool.submit(work, item) for item in items]
    failures = [error for error in (future.exception() for future in futures) if error is not None]
    others = [error for error in failures if not isinstance(error, SlipwayError)]
    if others:
        raise others[0]
    errors = summary([error for error in failures if isinstance(error, SlipwayError)])
    if errors is not None:
        raise errors
    return [future.result() for future in futures]


def summary(failures: Sequence[SlipwayError]) -> SlipwayError | None:
    """One error for many: each image with its reason, each silent registry once."""
    distinct: list[SlipwayError] = []
    silent: dict[str, int] = {}
    for error in failures:
        if isinstance(error, Unreachable):
            silent[error.host] = silent.get(error.host, 0) + 1
            if silent[error.host] > 1:
                continue
        distinct.append(error)
    if len(failures) == 1:
        return failures[0]
    if not distinct:
        return None
    lines = []
    for error in distinct:
        more = silent.get(error.host, 1) - 1 if isinstance(error, Unreachable) else 0
        lines.append(f"{error.where}: {error.what}" + (f" (and {more} more images from there)" if more else ""))
    lines += list(distinct[0].details)
    return SlipwayError(f"{len(failures)} failed", "images", distinct[0].remedy, tuple(lines))
