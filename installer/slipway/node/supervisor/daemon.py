"""The supervisor itself: one thread, one loop over the children's ends, the clock and a socket."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import selectors
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from slipway.host.machine import boot_id
from slipway.node.supervisor.process import Process
from slipway.node.supervisor.rotate import rotate
from slipway.node.supervisor.slot import Slot
from slipway.node.supervisor.spec import Paths, Unit

LOG_BYTES = 1024 * 1024


class Daemon:
    """Slots in the order of their first start."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.slots: dict[str, Slot] = {}
        self.quitting = False

    def say(self, text: str) -> None:
        """One line into supervisor.log."""
        log = Path(self.paths.logs, "supervisor.log")
        with log.open("a") as stream:
            stream.write(time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()) + text + "\n")
        rotate(log, LOG_BYTES, 1)

    def recover(self) -> None:
        """Take over the units of an earlier supervisor: running ones as they are, ended ones anew.

        After a reboot nothing is taken over: a start prepares the machine before it asks for processes.
        """
        try:
            state = json.loads(Path(self.paths.state).read_text())
        except (OSError, ValueError):
            return
        if state.get("boot") != boot_id():
            return
        for record in state.get("units", []):
            unit = Unit.from_json(record["unit"])
            slot = Slot(unit, self.paths.logs, self.say, restarts=record["restarts"])
            slot.process = Process.adopt(record["pid"], record["started"]) if record["pid"] else None
            slot.since = time.monotonic()
            self.say(f"{unit.name}: {'found, pid %d' % slot.process.pid if slot.process else 'not running'}")  # noqa: UP031
            self.slots[unit.name] = slot

    def save(self) -> None:
        """Write the state by rename, so that a kill leaves the old one or the new one."""
        state = {"boot": boot_id(), "pid": os.getpid(), "units": [slot.record() for slot in self.slots.values()]}
        part = Path(self.paths.state + ".part")
        part.write_text(json.dumps(state))
        part.replace(self.paths.state)

    def command(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what one line of the socket asks; never waits."""
        name = request.get("name", "")
        slot = self.slots.get(name)
        match request.get("do"):
            case "status":
                pass
            case "apply":
                self._apply(Unit.from_json(request["unit"]))
            case "restart" if slot:
                slot.stop(wanted=True)
            case "signal" if slot and slot.process:
                slot.process.send(int(request["signal"]))
            case "remove":
                if slot:
                    slot.stop(wanted=False)
            case "quit":
                self.quitting = True
            case other:
                return {"error": f"cannot {other} {name}"}
        now = time.monotonic()
        return {"pid": os.getpid(), "units": [each.report(now) for each in self.slots.values()]}

    def _apply(self, unit: Unit) -> None:
        slot = self.slots.get(unit.name)
        if slot is None:
            self.slots[unit.name] = Slot(unit, self.paths.logs, self.say)
        elif slot.unit != unit:
            slot.unit = unit
            slot.stop(wanted=True)
        else:
            # Someone asked by hand: no reason to sit out a back-off.
            slot.wanted, slot.due = True, 0.0

    def tick(self) -> None:
        """Let every slot do what is due; forget those that were removed and have ended."""
        now = time.monotonic()
        changed = [slot.tick(now) for slot in self.slots.values()]
        gone = [name for name, slot in self.slots.items() if not slot.wanted and slot.process is None]
        for name in gone:
            del self.slots[name]
        if any(changed) or gone:
            self.save()

    def run(self, listener: socket.socket) -> None:
        """Until asked to quit. Children stay: ending them is a command of its own."""
        while not self.quitting:
            self.tick()
            with selectors.DefaultSelector() as selector:
                selector.register(listener, selectors.EVENT_READ)
                for slot in self.slots.values():
                    if slot.process:
                        selector.register(slot.process.pidfd, selectors.EVENT_READ)
                ready = [key.fileobj for key, _ in selector.select(self._pause())]
            if listener in ready:
                self._serve(listener)

    def _pause(self) -> float:
        now = time.monotonic()
        moments = [slot.due for slot in self.slots.values() if slot.wanted and not slot.process]
        moments += [slot.deadline for slot in self.slots.values() if slot.deadline]
        return max(0.01, min([moment - now for moment in moments] + [5.0]))

    def _serve(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.settimeout(2.0)
            with connection.makefile("rwb") as stream:
                try:
                    answer = self.command(json.loads(stream.readline()))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    answer = {"error": f"not understood: {error!r}"}
                self.tick()
                stream.write(json.dumps(answer).encode() + b"\n")


def main(run: str, logs: str) -> None:
    """Become a daemon and serve. Returns at once in the caller's process tree; a second supervisor ends itself."""
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    # A handler, not SIG_IGN: children would inherit that, and could not be told to read their settings again.
    signal.signal(signal.SIGHUP, lambda *_: None)
    paths = Paths(run, logs)
    Path(run).mkdir(mode=0o711, parents=True, exist_ok=True)
    Path(logs).mkdir(mode=0o755, parents=True, exist_ok=True)
    lock = os.open(paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os._exit(0)
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    daemon = Daemon(paths)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: setattr(daemon, "quitting", True))
    try:
        daemon.recover()
        Path(paths.socket).unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(paths.socket)
            Path(paths.socket).chmod(0o600)
            listener.listen(16)
            daemon.say(f"supervisor {os.getpid()} serves")
            daemon.run(listener)
        daemon.save()
        Path(paths.socket).unlink(missing_ok=True)
    except Exception as error:
        daemon.say(f"supervisor ends: {error!r}")
        raise


if __name__ == "__main__":
    main(*sys.argv[1:3])
