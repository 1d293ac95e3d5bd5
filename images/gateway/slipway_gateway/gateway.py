"""The loop: what the watches bring → compile → validate → roll out → report. One thing at a time, bursts together."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from slipway_controller.api import Api, ApiError

from slipway_gateway import contexts, secrets
from slipway_gateway.admin import EnvoyGone, EnvoyRefused
from slipway_gateway.cluster_state import Cluster, SliceInfo, slice_info
from slipway_gateway.compiler import Compiled
from slipway_gateway.model import INACTIVE, RUNNING, Document, Json, Source, Verdict
from slipway_gateway.objects import (
    MAPPINGS_PATH,
    OTHER_KINDS,
    SERVICES_PATH,
    SLICES_PATH,
    Declared,
    ServiceObject,
    declared,
    listing_path,
    service_object,
)
from slipway_gateway.report import Reporter
from slipway_gateway.rollout import Rollout
from slipway_gateway.store import Store
from slipway_gateway.validate import Acceptance, Interrupted

log = logging.getLogger("gateway")
#: A burst of events (a `kubectl apply` of many) is taken together when it pauses this long, or after at most MAX_DELAY.
DEBOUNCE, MAX_DELAY = 0.1, 1.0
RETRY = 2.0
#: How long after a change of the routes unused clusters go: Envoy's threads have all seen the new routes by then.
PRUNE_AFTER = 2.0
#: How often everything is looked at anew, as Kubernetes' own controllers do: what an event or a check got wrong for
#: a moment must not last.
RESYNC = 20.0


@dataclass
class Counters:
    """For /metrics. Times in seconds."""

    updates: int = 0
    failures: int = 0
    running: int = 0
    inactive: int = 0
    last_duration: float = 0.0
    last_success: float = 0.0


class Gateway:
    """The state of the world, and the task that brings Envoy there."""

    def __init__(self, api: Api, acceptance: Acceptance, rollout: Rollout, ambassador_id: str = "default") -> None:
        self._api = api
        self._acceptance = acceptance
        self._rollout = rollout
        self._reporter = Reporter(api)
        self.mappings: Store[Declared] = Store(lambda obj: declared("Mapping", obj, ambassador_id))
        self.others: dict[str, Store[Declared]] = {
            kind: Store(partial(declared, kind, ambassador_id=ambassador_id)) for kind in OTHER_KINDS
        }
        self.services: Store[ServiceObject] = Store(lambda obj: service_object(obj, ambassador_id))
        self.slices: Store[SliceInfo] = Store(slice_info)
        self.counters = Counters()
        self._secrets: dict[secrets.Key, secrets.Secret] = {}
        self.verdicts: dict[Source, Verdict] = {}
        self.synced = False
        self.heartbeat = time.monotonic()
        self._listing_due = True
        self._looked = time.monotonic()
        self._served: frozenset[Source] = frozenset()
        self._wake = asyncio.Event()

    @property
    def live(self) -> Compiled | None:
        """What Envoy runs."""
        return self._rollout.live

    # -- what comes in -------------------------------------------------------------------------------------------

    def event(self, store: Store[Declared] | Store[ServiceObject] | Store[SliceInfo], event: Json) -> None:
        """A watch event as kopf gives it. A type of None is of a listing that kopf did because a watch broke: what
        was deleted in between it cannot tell, so a listing of our own is due."""
        changed = store.event(event["type"], event["object"])
        if event["type"] is None and self.synced:
            self._listing_due = True
        if changed or self._listing_due:
            self._wake.set()

    async def _list(self) -> None:
        for store, path in (
            (self.services, SERVICES_PATH),
            (self.slices, SLICES_PATH),
            (self.mappings, MAPPINGS_PATH),
        ):
            store.replace(*await self._api.listing(path))
        await asyncio.gather(*map(self._list_other, self.others.items()))
        self._secrets = await secrets.fetch(self._api, self._wanted())
        self._listing_due = False
        self._looked = time.monotonic()

    def _wanted(self) -> set[secrets.Key]:
        """The Secrets that somebody names."""
        return {key for item in self.others["TLSContext"] for key in contexts.wanted(item.document)}

    async def _list_other(self, item: tuple[str, Store[Declared]]) -> None:
        kind, store = item
        try:
            store.replace(*await self._api.listing(listing_path(kind)))
        except ApiError as error:
            # A cluster without the kind has no object of it.
            if error.status != 404:
                raise

    # -- the loop ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled."""
        self._wake.set()
        while True:
            await self._pause()
            try:
                again = not await self._cycle()
            except (ApiError, EnvoyGone, Interrupted) as problem:
                log.warning("%s; trying again", problem)
                self.counters.failures += 1
                again = True
            except Exception:
                # What is served goes on; ending the process would only lose the time of a start.
                log.exception("a fault of the gateway's own; trying again")
                self.counters.failures += 1
                again = True
            if again:
                await asyncio.sleep(RETRY)
                self._wake.set()

    async def _pause(self) -> None:
        """Until there is something to do, and the burst that it came with is over."""
        while not self._wake.is_set():
            self.heartbeat = time.monotonic()
            try:
                await asyncio.wait_for(self._wake.wait(), PRUNE_AFTER)
            except TimeoutError:
                await self._prune()
                if time.monotonic() - self._looked > RESYNC:
                    self._listing_due = True
                    self._wake.set()
        end = time.monotonic() + MAX_DELAY
        while self._wake.is_set() and time.monotonic() < end:
            self._wake.clear()
            await asyncio.sleep(DEBOUNCE)
        self._wake.clear()
        self.heartbeat = time.monotonic()

    async def _prune(self) -> None:
        if self._rollout.prune_due:
            try:
                await self._rollout.prune()
            except (EnvoyGone, EnvoyRefused) as problem:
                log.warning("%s; unused clusters stay for now", problem)

    async def _cycle(self) -> bool:
        """One round; False when something has to be tried again."""
        start = time.monotonic()
        if self._listing_due:
            await self._list()
            self._acceptance.forgive()
            await self._rollout.verify()
        documents = self._documents()
        wanted = self._wanted()
        if wanted != set(self._secrets):
            self._secrets = await secrets.fetch(self._api, wanted)
        services = {key: item.info for key, item in self.services.values().items()}
        cluster = Cluster(services, dict(self.slices.values()), self._secrets)
        compiled = await asyncio.to_thread(self._acceptance.accept, documents, cluster)
        verdicts = dict(compiled.verdicts)
        try:
            await self._rollout.apply(compiled)
        except EnvoyRefused as refusal:
            log.error("%s", refusal)
            self.counters.failures += 1
            known = self._rollout.live.prints if self._rollout.live else {}
            for source, print_ in compiled.prints.items():
                if known.get(source) != print_:
                    verdicts[source] = Verdict(INACTIVE, str(refusal))
        else:
            self.synced = True
            self._tell(frozenset(source for source, verdict in verdicts.items() if verdict.state == RUNNING))
            self._count(verdicts, time.monotonic() - start)
        return await self._report(verdicts)

    def _documents(self) -> list[Document]:
        own = [item.document for item in self._declared()]
        return own + [document for service in self.services for document in service.documents]

    def _declared(self) -> Iterator[Declared]:
        yield from self.mappings
        for store in self.others.values():
            yield from store

    def _tell(self, served: frozenset[Source]) -> None:
        """The log's story of what came and went."""
        for word, sources in (("served", served - self._served), ("not served any more", self._served - served)):
            if sources:
                log.info("%s: %s", word, ", ".join(sorted(map(str, sources))))
        self._served = served

    def _count(self, verdicts: dict[Source, Verdict], duration: float) -> None:
        self.counters.updates += 1
        mappings = [verdict for source, verdict in verdicts.items() if source.kind in ("Mapping", "Service")]
        self.counters.inactive = sum(verdict.state == INACTIVE for verdict in mappings)
        self.counters.running = len(mappings) - self.counters.inactive
        self.counters.last_duration, self.counters.last_success = duration, time.time()

    async def _report(self, verdicts: dict[Source, Verdict]) -> bool:
        objects = {item.document.source: item for item in self._declared()}
        uids = {source: item.uid for source, item in objects.items()}
        for service in self.services:
            verdicts |= {source: Verdict(INACTIVE, reason) for source, reason in service.refused}
            uids |= {source: service.uid for source, _ in service.refused}
            uids |= {document.source: service.uid for document in service.documents}
        self.verdicts = verdicts
        return await self._reporter.report(verdicts, objects, uids)
