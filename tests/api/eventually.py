"""Waiting in tests of the API server."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from slipway.errors import SlipwayError

SECONDS = 120


def eventually(ask: Callable[[], Any], what: str) -> Any:
    """What ``ask`` gives when it gives something; it may raise SlipwayError until then."""
    end, last = time.monotonic() + SECONDS, ""
    while time.monotonic() < end:
        try:
            found = ask()
        except SlipwayError as error:
            found, last = None, str(error)
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} within {SECONDS} s: {last}")
