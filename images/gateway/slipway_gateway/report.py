"""Verdicts into the cluster: the status of Mapping objects, Events for what is not served."""

from __future__ import annotations

import asyncio
import datetime
import logging

from slipway_gateway.api import MERGE_PATCH, Api, ApiError
from slipway_gateway.model import INACTIVE, Json, Source, Verdict
from slipway_gateway.objects import MAPPINGS_PATH, MappingObject

log = logging.getLogger("gateway.report")
_AT_ONCE = 8


def status_patch(mapping: MappingObject, verdict: Verdict) -> Json | None:
    """The merge patch that makes the status say ``verdict``; None when it does already."""
    wanted = {
        "state": verdict.state,
        "reason": verdict.reason or None,
        "observedGeneration": mapping.document.generation,
    }
    if all(mapping.status.get(key) == value for key, value in wanted.items()):
        return None
    return {"status": wanted}


def event_for(source: Source, uid: str, verdict: Verdict, now: datetime.datetime) -> Json:
    """A Warning at the object that holds the Mapping."""
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    version = "v1" if source.kind == "Service" else "getambassador.io/v3alpha1"
    where = f"document {source.document}: " if source.document else ""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{source.name[:200]}-", "namespace": source.namespace},
        "involvedObject": {
            "apiVersion": version,
            "kind": source.kind,
            "namespace": source.namespace,
            "name": source.name,
            "uid": uid,
        },
        "type": "Warning",
        "reason": "MappingInactive",
        "message": (where + verdict.reason)[:1000],
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
        "source": {"component": "gateway"},
    }


class Reporter:
    """Writes only what changed; tells whether something could not be written and has to be tried again."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._told: dict[Source, str] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def report(
        self, verdicts: dict[Source, Verdict], mappings: dict[Source, MappingObject], uids: dict[Source, str]
    ) -> bool:
        """False when the API server did not take everything."""
        tasks = []
        for source, verdict in verdicts.items():
            mapping = mappings.get(source)
            patch = status_patch(mapping, verdict) if mapping else None
            if patch:
                tasks.append(self._status(source, patch))
            if verdict.state == INACTIVE and self._told.get(source) != verdict.reason and (patch or not mapping):
                tasks.append(self._event(source, uids.get(source, ""), verdict))
        self._told = {source: verdict.reason for source, verdict in verdicts.items() if verdict.state == INACTIVE}
        return all(await asyncio.gather(*tasks))

    async def _status(self, source: Source, patch: Json) -> bool:
        path = f"{MAPPINGS_PATH.replace('/mappings', f'/namespaces/{source.namespace}/mappings')}/{source.name}/status"
        return await self._send("PATCH", path, patch, MERGE_PATCH)

    async def _event(self, source: Source, uid: str, verdict: Verdict) -> bool:
        event = event_for(source, uid, verdict, datetime.datetime.now(datetime.UTC))
        await self._send("POST", f"/api/v1/namespaces/{source.namespace}/events", event, "application/json")
        return True

    async def _send(self, method: str, path: str, body: Json, content: str) -> bool:
        async with self._slots:
            try:
                await self._api.request(method, path, body, content)
            except ApiError as error:
                # 404: deleted meanwhile. 422 of an Event: its namespace ends. Neither is worth another try.
                if error.status not in (403, 404, 422):
                    log.warning("%s", error)
                    return False
        return True
