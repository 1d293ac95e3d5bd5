"""One at a time, cluster-wide: a Lease that is renewed while its holder lives, and a fence in front of its writes.

Source: coordination.k8s.io/v1 Lease (holderIdentity, renewTime, leaseDurationSeconds, leaseTransitions). Nobody's clock
is trusted: who waits judges by its own (``observed``), who holds writes nothing once it may have been taken for dead.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NoReturn, Self, cast

from slipway.errors import SlipwayError
from slipway.kube.answers import ApiError
from slipway.kube.client import Client
from slipway.kube.objects import Obj, Ref
from slipway.kube.observed import Observer
from slipway.progress import Reporter

API = "coordination.k8s.io/v1"
#: Seconds: so long a holder that was killed is waited for; so often one that lives says so; so long before its time is
#: up one that could not say so writes nothing, for what it has sent already is still on its way.
DURATION, RENEWAL, MARGIN = 30, 8, 5
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
#: Seconds that a renewal may take.
PATIENCE = 10.0


@dataclass
class LostLock(SlipwayError):
    """The Lease is somebody else's, or may be: nothing is written any more."""


class Held:
    """Held within a ``with``. Raises SlipwayError on entry when another holder lives.

    Within it, the client's writes raise LostLock as soon as the Lease is not this holder's any more. ``what`` names the
    work, e.g. "smoke test". ``gone`` tells of a holder's identity whether it has certainly ended, so that its Lease
    needs not run out.
    """

    def __init__(
        self,
        kube: Client,
        ref: Ref,
        holder: str,
        what: str,
        reporter: Reporter,
        gone: Callable[[str], bool] = lambda holder: False,
    ) -> None:
        self._kube, self._ref, self._holder, self._what, self._reporter = kube, ref, holder, what, reporter
        # The Lease's own requests pass the fence: they find out whether it is open.
        self._own = copy.copy(kube)
        self._own.fence = lambda: None
        self._gone = gone
        self._mine: tuple[str, str, int] = ("", holder, 0)
        self._version, self._until, self._refused = "", 0.0, 0.0
        self._lost: LostLock | None = None
        self._asking, self._ended = threading.RLock(), threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._take()
        self._before, self._kube.fence = self._kube.fence, self.check
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._kube.fence = self._before
        self._thread.join()
        try:
            current = self._get()
            # One that ran out while the server was away may have been taken by somebody else.
            if current and _whose(current) == self._mine:
                # As it was seen: not if it is taken just now.
                version = {"resourceVersion": current["metadata"]["resourceVersion"]}
                self._own.request("DELETE", self._path(), body={"preconditions": version})
        except SlipwayError:
            return  # it runs out by itself

    def raise_if_lost(self) -> None:
        """Raises LostLock where that is known already; asks nobody."""
        if self._lost:
            raise self._lost

    def check(self) -> None:
        """Before a write: raises LostLock when the Lease is, or may be, somebody else's.

        One that could not be renewed in time is renewed first: that succeeds only if nobody took it. Where the API
        server does not answer, raises what says so; nothing is lost then, and nothing written.
        """
        self.raise_if_lost()
        while _now() >= self._until:
            with self._asking:
                if _now() < self._until:
                    return
                try:
                    self._renew()
                except ApiError as error:
                    if not _refusal(error):
                        raise
                    # A server that starts refuses what it allows a moment later.
                    time.sleep(min(1.0, RENEWAL))

    # -- taking --------------------------------------------------------------------------------------------------

    def _take(self) -> None:
        current, asked = self._wait(), _now()
        spec = lease(self._ref, self._holder, _transitions(current) + 1 if current else 0)["spec"]
        try:
            if current is None:
                taken = self._own.create(lease(self._ref, self._holder))
            else:
                # With its resourceVersion: of two that find an old Lease only one gets it.
                taken = self._patch({"spec": spec}, current["metadata"]["resourceVersion"])
        except ApiError as error:
            if error.status == 409:
                raise self._busy("one that has just begun") from error
            raise
        self._mine = _whose(taken)
        self._renewed(taken, asked)

    def _wait(self) -> Obj | None:
        """The Lease once nobody holds it. One that is renewed meanwhile belongs to a holder that lives."""
        observer = Observer()
        while True:
            current = self._get()
            holder = str(((current or {}).get("spec") or {}).get("holderIdentity") or "")
            sight = observer.look(current, time.monotonic())
            if sight == "free" or self._gone(holder):
                return current
            if sight == "alive":
                raise self._busy(holder)
            self._reporter.waiting(self._what, f"is {holder}, who holds {self._ref}, alive?")
            time.sleep(min(1.0, RENEWAL))

    # -- keeping -------------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        while not self._lost and not self._ended.wait(RENEWAL):
            try:
                with self._asking:
                    self._renew()
            except SlipwayError:
                continue  # the next one may reach the API server again

    def _renew(self) -> None:
        """Raises LostLock where it is not ours any more, another SlipwayError where it stays open whether it is."""
        self.raise_if_lost()
        asked = _now()
        try:
            self._renewed(self._patch({"spec": {"renewTime": stamp()}}, self._version), asked)
        except ApiError as error:
            if error.status in (404, 409):
                self._look()
                self._renew()
                return
            if not _refusal(error):
                self._refused = 0.0
            else:
                self._refused = self._refused or asked
                if asked >= self._until and asked - self._refused >= RENEWAL:
                    self._lose(f"it could not be renewed in {DURATION} s: {error.what}")
            raise
        except SlipwayError:
            self._refused = 0.0
            raise

    def _look(self) -> None:
        """Why it could not be renewed: somebody took it, or wrote something else into it."""
        current = self._get()
        if current is None:
            self._lose("it was deleted")
        if _whose(current) != self._mine:
            self._lose(f"{_whose(current)[1] or 'somebody'} has taken it")
        self._version = current["metadata"]["resourceVersion"]

    def _lose(self, why: str) -> NoReturn:
        self._lost = LostLock(
            f"lost the lock: {why}; this {self._what} has stopped, and has written nothing since",
            str(self._ref),
            "this happens when the machine sleeps or cannot reach the API server for long; wait for the end of what "
            "holds it now (if anything), then run it again to go on",
        )
        raise self._lost

    def _renewed(self, obj: Obj, asked: float) -> None:
        # From the moment before it was sent: whoever sees it, sees it later.
        self._version, self._refused = obj["metadata"]["resourceVersion"], 0.0
        self._until = asked + DURATION - MARGIN

    # -- requests ------------------------------------------------------------------------------------------------

    def _path(self) -> str:
        ref = self._ref
        return self._own.resource(ref.api_version, ref.kind).path(ref.namespace, ref.name)

    def _get(self) -> Obj | None:
        ref = self._ref
        return self._own.get(ref.api_version, ref.kind, ref.name, ref.namespace)

    def _patch(self, patch: Obj, version: str) -> Obj:
        body: Any = {"metadata": {"resourceVersion": version}, **patch}
        kind = "application/merge-patch+json"
        return cast(Obj, self._own.request("PATCH", self._path(), body=body, content_type=kind, timeout=PATIENCE))

    def _busy(self, holder: str) -> SlipwayError:
        return SlipwayError(
            f"another {self._what} is under way ({holder})",
            str(self._ref),
            f"wait for its end; one that was killed counts for {DURATION} s",
        )


def lease(ref: Ref, holder: str, transitions: int = 0) -> Obj:
    """The Lease of a holder, renewed now."""
    now = stamp()
    times = {"acquireTime": now, "renewTime": now, "leaseDurationSeconds": DURATION, "leaseTransitions": transitions}
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": {"holderIdentity": holder, **times},
    }


def stamp() -> str:
    """What a renewal writes: for people, and different each time. Nobody reckons with it."""
    return datetime.now(UTC).strftime(TIME)


def _now() -> float:
    """Seconds of a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _whose(current: Obj) -> tuple[str, str, int]:
    """What is the same as long as one holder has it."""
    spec = current.get("spec") or {}
    return current["metadata"]["uid"], str(spec.get("holderIdentity") or ""), _transitions(current)


def _transitions(current: Obj) -> int:
    return int((current.get("spec") or {}).get("leaseTransitions") or 0)


def _refusal(error: ApiError) -> bool:
    """Whether the server has decided: it is neither busy nor away."""
    return 400 <= error.status < 500 and error.status not in (404, 408, 409, 410, 429)
