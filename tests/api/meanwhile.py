"""What goes on beside a test: the part of a cluster that is not there is played by a thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from slipway.errors import SlipwayError

SECONDS = 0.2


@contextlib.contextmanager
def meanwhile(act: Callable[[], None], first: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Calls ``first`` once and ``act`` again and again; its SlipwayErrors are of a moment, all else fails the test."""
    stop, failed = threading.Event(), list[BaseException]()

    def loop() -> None:
        try:
            first()
            while not stop.wait(SECONDS):
                with contextlib.suppress(SlipwayError):
                    act()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert not failed, failed
