"""Standard output and errors as they are: closed, full, or of a locale that has none of our signs."""

from __future__ import annotations

import codecs
import errno
import os
import sys
from contextlib import suppress
from io import TextIOWrapper

#: What stands for our signs where they cannot be written.
_SIGNS = {"✓": "+", "✗": "x", "…": "...", "→": "->", "·": "-", "≥": ">=", "≤": "<=", "–": "-", "—": "-", "×": "x"}
_HANDLER = "slipway-signs"


def prepare() -> None:
    """Whatever is written from now on can be: signs that the stream's encoding lacks are replaced."""
    codecs.register_error(_HANDLER, _replace)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # Closed by whoever started this: what is said goes nowhere.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  # as long as the process
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def gone(error: OSError) -> bool:
    """Whether it is of a stream that nobody reads or that is full (this is reported). Nothing more is written to it."""
    if error.errno not in (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO) or error.filename is not None:
        return False
    if error.errno != errno.EPIPE:
        with suppress(OSError):
            os.write(2, f"✗ standard output cannot be written: {error.strerror}\n".encode("ascii", _HANDLER))
    # The interpreter would try once more at its end, and complain.
    null = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):
        os.dup2(null, sys.stdout.fileno())
    return True


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_SIGNS.get(sign, "?") for sign in text), error.end
