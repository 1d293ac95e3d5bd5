"""One run at a time in a project: a Lease that is renewed while the run lives.

Source: coordination.k8s.io/v1 Lease (holderIdentity, renewTime, leaseDurationSeconds).
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from slipway.errors import SlipwayError
from slipway.kube import ApiError, Client, Obj, Ref
from slipway.progress import Reporter

API = "coordination.k8s.io/v1"
NAME = "slipway-smoke"
#: Seconds: so long a run that was killed is waited for; so often one that lives says so.
DURATION, RENEWAL = 30, 8
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class Lock:
    """Held within a ``with``. Raises SlipwayError on entry when another run is under way."""

    def __init__(self, kube: Client, project: str, run: str, reporter: Reporter) -> None:
        self._kube, self._run, self._reporter = kube, run, reporter
        self._ref = Ref(API, "Lease", project, NAME)
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
        try:
            self._kube.delete(self._ref)
        except SlipwayError:
            return  # it runs out by itself

    def _take(self) -> None:
        ref = self._ref
        found = self._wait()
        try:
            if found is None:
                self._kube.create(lease(ref, self._run, datetime.now(UTC)))
            else:
                # With its resourceVersion: of two runs that find an old Lease only one gets it.
                version = {"metadata": {"resourceVersion": found["metadata"]["resourceVersion"]}}
                self._kube.patch(ref, version | {"spec": lease(ref, self._run, datetime.now(UTC))["spec"]})
        except ApiError as error:
            if error.status == 409:
                raise _busy(ref, "one that has just begun") from error
            raise

    def _wait(self) -> Obj | None:
        """The Lease once nobody holds it. One that is renewed meanwhile belongs to a run that lives."""
        ref, first = self._ref, ""
        while True:
            found = self._kube.get(ref.api_version, ref.kind, ref.name, ref.namespace)
            holder = alive(found, datetime.now(UTC)) if found else ""
            if found is None or not holder:
                return found
            renewed = f"{holder} {found['spec']['renewTime']}"
            if first and renewed != first:
                raise _busy(ref, holder)
            first = renewed
            self._reporter.waiting("smoke", f"is the run {holder} alive?")
            time.sleep(1)

    def _renew(self) -> None:
        while not self._ended.wait(RENEWAL):
            try:
                self._kube.patch(self._ref, {"spec": {"renewTime": datetime.now(UTC).strftime(TIME)}})
            except SlipwayError:
                continue  # the next one may reach the API server again


def lease(ref: Ref, run: str, now: datetime) -> Obj:
    """The Lease of a run."""
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": {"holderIdentity": run, "leaseDurationSeconds": DURATION, "renewTime": now.strftime(TIME)},
    }


def alive(found: Obj, now: datetime) -> str:
    """The run that holds a Lease; empty when it has run out."""
    spec = found.get("spec") or {}
    try:
        renewed = datetime.strptime(spec["renewTime"], TIME).replace(tzinfo=UTC)
    except (KeyError, ValueError):
        return ""
    until = renewed + timedelta(seconds=spec.get("leaseDurationSeconds") or DURATION)
    return str(spec.get("holderIdentity") or "somebody") if now < until else ""


def _busy(ref: Ref, holder: str) -> SlipwayError:
    return SlipwayError(
        f"another smoke test is under way ({holder})",
        str(ref),
        f"wait for its end; a killed one counts for {DURATION} s",
    )
