"""A process that installs and uninstalls in children of its own, each of which may be killed at a chosen request.

Started as a script with a kubeconfig. Every line of its input is a command (JSON: ``do``, ``root``, ``kill``), every
line of its output the result. Children are forked, so that what takes long, imports and rendering, is done once.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from slipway.catalog import load_catalog
from slipway.kube import Client
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.planning.plan import Plan
from slipway.release.removal.uninstall import uninstall
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

#: Seconds after which a child that hangs is ended (SIGALRM).
LONGEST = 300


class Killer:
    """Counts requests, and ends the process at the chosen one: ``{"after": 17}``, ``{"at": "PATCH configmaps"}``.

    What is only tried is another kind of request: ``try PATCH configmaps``.
    ``at`` is the first request of its kind (``nth``: a later one), and with ``"sent": true`` it is answered before.
    """

    def __init__(self, kill: dict[str, Any], trace: Path) -> None:
        self.kill, self.count, self.lock = kill, 0, threading.Lock()
        self.kinds = Counter[str]()
        self.trace = trace.open("w", buffering=1)
        self.once = Client._once

    def install(self) -> None:
        """In front of every request of this process."""
        killer = self

        def once(client: Client, method: str, url: str, *words: Any, **more: Any) -> Any:
            kind = f"{'try ' if 'dryRun=All' in url else ''}{method} {kind_of(url)}"
            with killer.lock:
                killer.count += 1
                killer.trace.write(f"{kind}\n")
                killer.kinds[kind] += 1
                here = killer.kill.get("at") == kind and killer.kinds[kind] == killer.kill.get("nth", 1)
                if killer.kill.get("after") == killer.count or (here and not killer.kill.get("sent")):
                    os.kill(os.getpid(), signal.SIGKILL)
            answer = killer.once(client, method, url, *words, **more)
            if here:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        setattr(Client, "_once", once)  # noqa: B010  # a method of another signature


def kind_of(url: str) -> str:
    """``configmaps``, for Slipway's own with the beginning of the name: ``configmaps/component``."""
    path = url.split("://", 1)[-1].partition("/")[2].partition("?")[0].split("/")
    rest = path[2:] if path[0] == "api" else path[3:]
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        rest = rest[2:]
    own = re.match(r"component|revision|release|slipway", rest[1]) if len(rest) > 1 else None
    return f"{rest[0] if rest else 'discovery'}{'/' + own.group() if own else ''}"


def rendered(root: Path) -> dict[str, Rendered]:
    """The components of a tree."""
    return dict(render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged))


def carry_out(kubeconfig: str, command: dict[str, Any], items: dict[str, Rendered]) -> int:
    """One command, in a child."""
    signal.alarm(LONGEST)
    Killer(command.get("kill") or {}, Path(command["trace"])).install()
    client = Client.from_kubeconfig(kubeconfig)
    with Path(command["said"]).open("w", buffering=1) as said:
        reporter = Reporter("plain", said)
        try:
            if command["do"] == "uninstall":
                uninstall(client, (), "workbench", reporter, timeout=120, delete_data=True)
                return 0
            plan = Plan("test", "workbench", items, dict.fromkeys(items, 120.0))
            done = install(plan, client, reporter)
            return 0 if done.ok else 1
        except Exception:
            traceback.print_exc(file=said)
            return 2


def main() -> None:
    """Commands from standard input, one after the other."""
    kubeconfig = sys.argv[1]
    known: dict[str, dict[str, Rendered]] = {}
    for line in sys.stdin:
        command = json.loads(line)
        root = command.get("root", "")
        if root and root not in known:
            known[root] = rendered(Path(root))
        child = os.fork()
        if child == 0:
            os._exit(carry_out(kubeconfig, command, known.get(root, {})))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
