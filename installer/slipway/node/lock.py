"""One start, stop or delete at a time."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from slipway.errors import SlipwayError

#: Beside the runtime directory, which delete removes.
PATH = Path("/run/slipway.lock")


@contextlib.contextmanager
def exclusive(path: Path = PATH) -> Iterator[None]:
    """Raises SlipwayError when another one is under way."""
    with path.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SlipwayError(
                "another start, stop or delete is under way", "slipway cluster", "wait for it to end"
            ) from error
        yield
