"""One at a time, cluster-wide: a Lease that is renewed while its holder lives.

Source: coordination.k8s.io/v1 Lease (holderIdentity, renewTime, leaseDurationSeconds).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from slipway.errors import SlipwayError
from slipway.kube.client import ApiError, Client
from slipway.kube.objects import Obj, Ref
from slipway.progress import Reporter

API = "coordination.k8s.io/v1"
#: Seconds: so long a holder that was killed is waited for; so often one that lives says so.
DURATION, RENEWAL = 30, 8
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class Held:
    """Held within a ``with``. Raises SlipwayError on entry when another holder lives.

    ``what`` names the work, e.g. "smoke test". ``gone`` tells of a holder's identity whether it has certainly ended,
    so that its Lease needs not run out.
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
        self._gone = gone
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._take()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        ref = self._ref
        try:
            found = self._kube.get(ref.api_version, ref.kind, ref.name, ref.namespace)
            # One that ran out while the server was away may have been taken by somebody else.
            if found and found["spec"].get("holderIdentity") == self._holder:
                self._kube.delete(ref)
        except SlipwayError:
            return  # it runs out by itself

    def _take(self) -> None:
        ref = self._ref
        found = self._wait()
        try:
            if found is None:
                self._kube.create(lease(ref, self._holder, datetime.now(UTC)))
            else:
                # With its resourceVersion: of two that find an old Lease only one gets it.
                version = {"metadata": {"resourceVersion": found["metadata"]["resourceVersion"]}}
                self._kube.patch(ref, version | {"spec": lease(ref, self._holder, datetime.now(UTC))["spec"]})
        except ApiError as error:
            if error.status == 409:
                raise self._busy("one that has just begun") from error
            raise

    def _wait(self) -> Obj | None:
        """The Lease once nobody holds it. One that is renewed meanwhile belongs to a holder that lives."""
        ref, first = self._ref, ""
        while True:
            found = self._kube.get(ref.api_version, ref.kind, ref.name, ref.namespace)
            holder = alive(found, datetime.now(UTC)) if found else ""
            if found is None or not holder or self._gone(holder):
                return found
            renewed = f"{holder} {found['spec']['renewTime']}"
            if first and renewed != first:
                raise self._busy(holder)
            first = renewed
            self._reporter.waiting(self._what, f"is {holder}, who holds {ref}, alive?")
            time.sleep(1)

    def _renew(self) -> None:
        while not self._ended.wait(RENEWAL):
            try:
                self._kube.patch(self._ref, {"spec": {"renewTime": datetime.now(UTC).strftime(TIME)}})
            except SlipwayError:
                continue  # the next one may reach the API server again

    def _busy(self, holder: str) -> SlipwayError:
        return SlipwayError(
            f"another {self._what} is under way ({holder})",
            str(self._ref),
            f"wait for its end; one that was killed counts for {DURATION} s",
        )


def lease(ref: Ref, holder: str, now: datetime) -> Obj:
    """The Lease of a holder."""
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": DURATION, "renewTime": now.strftime(TIME)},
    }


def alive(found: Obj, now: datetime) -> str:
    """Who holds a Lease; empty when it has run out."""
    spec = found.get("spec") or {}
    try:
        renewed = datetime.strptime(spec["renewTime"], TIME).replace(tzinfo=UTC)
    except (KeyError, ValueError):
        return ""
    until = renewed + timedelta(seconds=spec.get("leaseDurationSeconds") or DURATION)
    return str(spec.get("holderIdentity") or "somebody") if now < until else ""
