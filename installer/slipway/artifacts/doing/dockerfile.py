"""What buildah says of a Dockerfile, and what the programs in it say."""

from __future__ import annotations

import re

from slipway.artifacts.doing import packages
from slipway.artifacts.doing.model import Doing, calls, short

_STEP = re.compile(r"^(?:\[(\d+)/(\d+)\] )?STEP (\d+)/(\d+): (.*)$", re.MULTILINE)
_COMMIT = re.compile(r"^(?:\[(\d+)/(\d+)\] )?COMMIT ", re.MULTILINE)
_MOUNTS = re.compile(r"^RUN (?:--\S+\s+)+")


def doing(log: str) -> Doing:
    """Which step of how many, what runs in it, or that the layer is written."""
    programs = calls(log)
    if not programs:
        return Doing()
    command = programs[-1].partition("\n")[0]
    if " push " in command:
        return Doing("writing the image", 0.95)
    if " pull " in command:
        return Doing("taking the base image")
    steps = list(_STEP.finditer(programs[-1]))
    if not steps:
        return Doing()
    last = steps[-1]
    rest = programs[-1][last.end() :]
    stage = f" of stage {last[1]} of {last[2]}" if last[1] else ""
    where = f"step {last[3]} of {last[4]}{stage}"
    if _COMMIT.search(rest):
        return Doing(f"{where}: writing the layer")
    return Doing(short(f"{where}: {packages.doing(rest) or _instruction(last[5])}"))


def _instruction(text: str) -> str:
    return _MOUNTS.sub("RUN ", text)
