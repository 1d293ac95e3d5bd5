"""What mmdebstrap says."""

from __future__ import annotations

import re

from slipway.artifacts.doing import packages
from slipway.artifacts.doing.model import Doing, calls, short

_TOLD = re.compile(r"^I: (.+)$", re.MULTILINE)
#: Its hooks are shell commands, which nobody wants to read.
_HOOK = re.compile(r"^running --\S+-hook.*")


def doing(log: str) -> Doing:
    """The last thing that mmdebstrap announced, and what apt does in it."""
    programs = calls(log)
    messages = list(_TOLD.finditer(programs[-1])) if programs else []
    if not messages:
        return Doing()
    text = _HOOK.sub("running a hook", messages[-1][1]).rstrip(".")
    if text.startswith(("success in", "removing tempdir", "done")):
        return Doing("writing the layer", 0.95)
    within = packages.doing(programs[-1][messages[-1].end() :])
    return Doing(short(f"{text}: {within}" if within else text))
