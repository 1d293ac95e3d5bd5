"""A command on a terminal of its own (a pty): what it draws, and what its user types."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: What the live view sends to draw its lines anew, and any other escape.
_AGAIN = re.compile(r"\x1b\[2K(?:\x1b\[1A\x1b\[2K)*")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Seen:
    """How the command ended, and all that its terminal got."""

    code: int
    text: str

    @property
    def frames(self) -> list[str]:
        """What stood on the screen between two drawings, without escapes."""
        return [_ESCAPE.sub("", part).replace("\r", "") for part in _AGAIN.split(self.text)]

    @property
    def cursor_is_back(self) -> bool:
        """Whether a hidden cursor was shown again."""
        return self.text.rfind("\x1b[?25l") <= self.text.rfind("\x1b[?25h")

    @property
    def ending(self) -> str:
        """What stays on the screen after the last live line."""
        return _ESCAPE.sub("", self.text.rpartition("\x1b[?25h")[2]).replace("\r", "")


def on_a_terminal(
    command: Sequence[str],
    environment: Mapping[str, str],
    cwd: Path,
    *,
    interrupt: Callable[[str], bool] = lambda text: False,
    keys: str = "\x03",
    columns: int = 110,
    seconds: float = 240,
) -> Seen:
    """Run it to its end; ``keys`` (Ctrl-C) are typed once, as soon as ``interrupt`` says so of all that was shown."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(cwd)
        os.execvpe(command[0], list(command), dict(environment))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    found, typed, end = b"", False, time.monotonic() + seconds
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        found += chunk
        if not typed and interrupt(found.decode(errors="replace")):
            os.write(terminal, keys.encode())
            typed = True
    else:
        os.kill(process, 9)
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    return Seen(os.waitstatus_to_exitcode(status), found.decode(errors="replace"))
