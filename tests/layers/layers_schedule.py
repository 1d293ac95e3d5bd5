"""Running layers one after another, and beside each other where they may; a failed one stops no other."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from layers_model import Layer, Result
from layers_process import Running, say

#: Seconds between two looks at what runs.
LOOK = 0.2


class Interrupted(BaseException):
    """Ctrl-C, or the end of the terminal or of the job: nothing new is started."""


@dataclass(frozen=True)
class Run:
    """Where layers run (``cwd``), what they see (``environment``), where their logs and results go (``out``), and how
    many may run at a time (``abreast``)."""

    out: Path
    cwd: Path
    environment: Mapping[str, str]
    abreast: int = 1


def following(waiting: Sequence[Layer], running: Sequence[Layer], abreast: int) -> Layer | None:
    """The layer to start now: the first that all running ones tolerate."""
    if len(running) >= abreast:
        return None
    return next((layer for layer in waiting if all(layer.tolerates(other) for other in running)), None)


def play(layers: Sequence[Layer], run: Run, tell: Callable[[Result], None]) -> None:
    """Run all of them, each result to ``tell``. Raises Interrupted when all that ran has ended.

    The one that has run longest is shown as it goes, the others when they have ended.
    """
    waiting, running = list(layers), list[Running]()
    try:
        while waiting or running:
            while chosen := following(waiting, [item.layer for item in running], run.abreast):
                waiting.remove(chosen)
                running.append(Running(chosen, run.out, run.environment, run.cwd))
                beside = "" if len(running) == 1 else f" beside {running[0].layer.name}: shown when it has ended"
                say(f"=== {chosen.name}{beside}\n")
            time.sleep(LOOK)
            running[0].show()
            for item in [item for item in running if item.ended]:
                if item is not running[0]:
                    say(f"\n=== {item.layer.name}\n")
                item.show()
                running.remove(item)
                result = item.result()
                tell(result)
                if running:
                    say(f"=== {running[0].layer.name} goes on\n")
    except Interrupted:
        _end(running, tell)
        raise
    finally:
        for item in running:
            item.kill()


def _end(running: list[Running], tell: Callable[[Result], None]) -> None:
    """End what runs as Ctrl-C does; a second one ends it at once."""
    for item in running:
        item.interrupt()
    try:
        for item in running:
            item.end()
    except Interrupted:
        for item in running:
            item.kill()
    for item in running:
        item.show()
        tell(item.result(interrupted=True))
    running.clear()


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP raise Interrupted within the block; under nohup, the end of the terminal does not."""

    def stop(number: int, frame: object) -> None:
        raise Interrupted

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def environment() -> dict[str, str]:
    """For layers: this process's, without the jobs of a ``make -j`` and without a user's cluster."""
    found = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    words = found.get("MAKEFLAGS", "").split(" ")
    found["MAKEFLAGS"] = " ".join(word for word in words if not word.startswith(("-j", "--jobserver")))
    return found
