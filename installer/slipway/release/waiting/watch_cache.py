"""The cluster's objects of Slipway, kept up to date by one watch per kind."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref, ref_of

WATCH_SECONDS = 240
PAUSE = 0.5


class WatchCache:
    """A store that watches fill. Kinds are followed from the first request on; ``close`` ends the threads."""

    def __init__(self, client: Client, labels: str) -> None:
        self._client = client
        self._labels = labels
        self._objects: dict[Ref, Obj] = {}
        self._followed: set[tuple[str, str]] = set()
        self._version = 0
        self._changed = threading.Condition()
        self._closed = threading.Event()

    def follow(self, kinds: Iterable[tuple[str, str]]) -> None:
        """Watch these (apiVersion, kind)s from now on."""
        with self._changed:
            new = [kind for kind in kinds if kind not in self._followed]
            self._followed.update(new)
        for kind in new:
            threading.Thread(target=self._watch, args=kind, name=f"watch-{kind[1]}", daemon=True).start()

    def get(self, ref: Ref) -> Obj | None:
        """The object as last seen."""
        with self._changed:
            return self._objects.get(ref)

    def put(self, obj: Obj) -> None:
        """What an apply has answered: newer than what the watch brought, unless it was faster."""
        with self._changed:
            seen = self._objects.get(ref_of(obj))
            if seen is None or _version(seen) < _version(obj):
                self._objects[ref_of(obj)] = obj

    @property
    def version(self) -> int:
        """Grows with every change; read it before looking at objects, then give it to ``wait``."""
        return self._version

    def wait(self, version: int, seconds: float) -> None:
        """Wait for a change after ``version``, at most ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, max(seconds, 0.0))

    def close(self) -> None:
        """No more changes; the threads end with their requests."""
        self._closed.set()

    def _watch(self, api_version: str, kind: str) -> None:
        while not self._closed.is_set():
            try:
                items, version = self._client.listing(api_version, kind, labels=self._labels)
                self._replace(api_version, kind, items)
                events = self._client.watch(
                    api_version, kind, labels=self._labels, resource_version=version, timeout=WATCH_SECONDS
                )
                for event, obj in events:
                    if self._closed.is_set():
                        return
                    self._take(event, {"apiVersion": api_version, "kind": kind, **obj})
            except SlipwayError:
                # Not served yet, restarting, or too old a version: list again. Whoever waits has the deadline.
                self._closed.wait(PAUSE)

    def _replace(self, api_version: str, kind: str, items: list[Obj]) -> None:
        with self._changed:
            gone = [ref for ref in self._objects if (ref.api_version, ref.kind) == (api_version, kind)]
            for ref in gone:
                del self._objects[ref]
            self._objects.update({ref_of(item): item for item in items})
            self._tell()

    def _take(self, event: str, obj: Obj) -> None:
        with self._changed:
            if event == "DELETED":
                self._objects.pop(ref_of(obj), None)
            elif event in ("ADDED", "MODIFIED"):
                self._objects[ref_of(obj)] = obj
            self._tell()

    def _tell(self) -> None:
        self._version += 1
        self._changed.notify_all()


def _version(obj: Obj) -> int:
    """resourceVersions of one kind grow (Kubernetes KEP-5504 makes the order official)."""
    text = str((obj.get("metadata") or {}).get("resourceVersion", "0"))
    return int(text) if text.isdigit() else 0
