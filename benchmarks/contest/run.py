"""One contestant on a fresh server: everything that it does, one after the other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.render import Rendered

from contest.arena import Arena, arena
from contest.contestants import MAKERS, Commands, Contestant
from contest.trees import Tree


class Unfit(Exception):
    """A command of a contestant failed: it has no figures."""


METER = [sys.executable, "-I", "-S", str(Path(__file__).with_name("meter.py"))]


@dataclass(frozen=True)
class Taken:
    """``seconds`` of wall time, ``cpu`` seconds of the contestant and ``server`` of the API server, ``memory`` in KiB
    of its largest process, ``requests`` by verb."""

    seconds: float
    cpu: float
    server: float
    memory: int
    requests: Mapping[str, int]

    @property
    def calls(self) -> int:
        """How many requests in all."""
        return sum(self.requests.values())


def round_of(name: str, tree: Tree, rendered: Mapping[str, Rendered], tools: Mapping[str, str]) -> dict[str, Taken]:
    """action → what it took. Raises Unfit when the contestant does not do its work."""
    with tempfile.TemporaryDirectory(prefix="slipway-contest-") as directory:
        work = Path(directory)
        one = MAKERS[name](tree, rendered, work, tools)
        with arena(work) as place:
            taken = {
                action: _take(one, words, place, work)
                for action, words in one.commands.items()
                if action not in one.afresh
            }
        for number, action in enumerate(one.afresh):
            home = work / f"afresh{number}"
            home.mkdir()
            with arena(home) as place:
                taken[action] = _take(one, one.commands[action], place, work)
        return taken


def _take(one: Contestant, commands: Commands, place: Arena, work: Path) -> Taken:
    environment = {**os.environ, **one.environment, "KUBECONFIG": str(place.kubeconfig)}
    mark, server = place.mark(), place.cpu()
    measured = [_meter(command, environment, one.good, work) for command in commands]
    return Taken(
        seconds=sum(item["seconds"] for item in measured),
        cpu=sum(item["cpu"] for item in measured),
        server=place.cpu() - server,
        memory=int(max(item["memory"] for item in measured)),
        requests=place.requests(mark),
    )


def _meter(
    command: Sequence[str], environment: Mapping[str, str], good: tuple[int, ...], work: Path
) -> dict[str, float]:
    # A session of its own: whoever ends the benchmark ends the command, too, and not the meter alone.
    meter = subprocess.Popen(
        [*METER, *command], env=dict(environment), cwd=work, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        shown, told = meter.communicate(timeout=1800)
    except BaseException:
        os.killpg(meter.pid, signal.SIGKILL)
        meter.wait()
        raise
    said, _, last = told.rstrip().rpartition("\n")
    taken: dict[str, float] = json.loads(last)
    if taken["code"] not in good:
        raise Unfit(f"{' '.join(command)} ended with {taken['code']}:\n{shown[-3000:]}\n{said[-3000:]}")
    return taken
