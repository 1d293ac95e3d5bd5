"""Verdicts into the cluster: the status of the API's objects, Events for what is not served."""

from __future__ import annotations

import asyncio
import logging

from slipway_controller import events
from slipway_controller.api import MERGE_PATCH, Api, ApiError, path_of
from slipway_controller.watches import utc_now

from slipway_gateway.model import INACTIVE, RUNNING, Json, Source, Verdict
from slipway_gateway.objects import MAPPINGS_API, Declared

log = logging.getLogger("gateway.report")
_AT_ONCE = 8
#: Upstream's words for the state of a Host.
_HOST_STATES = {RUNNING: "Ready", INACTIVE: "Error"}


def status_patch(mapping: Declared, verdict: Verdict) -> Json | None:
    """The merge patch that makes the status say ``verdict``; None when it does already."""
    wanted = {
        "state": _HOST_STATES[verdict.state] if mapping.document.kind == "Host" else verdict.state,
        "reason": verdict.reason or None,
        "observedGeneration": mapping.document.generation,
    }
    if all(mapping.status.get(key) == value for key, value in wanted.items()):
        return None
    return {"status": wanted}


class Reporter:
    """Writes only what changed; tells whether something could not be written and has to be tried again."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._told: dict[Source, str] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def report(
        self, verdicts: dict[Source, Verdict], mappings: dict[Source, Declared], uids: dict[Source, str]
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
        path = path_of(MAPPINGS_API, source.kind, source.namespace, source.name, "status")
        async with self._slots:
            try:
                await self._api.request("PATCH", path, patch, MERGE_PATCH)
            except ApiError as error:
                # 404: deleted meanwhile. 422: its namespace ends. Neither is worth another try.
                if error.status not in (403, 404, 422):
                    log.warning("%s", error)
                    return False
        return True

    async def _event(self, source: Source, uid: str, verdict: Verdict) -> bool:
        """A Warning at the object, or at the Service that holds the Mapping."""
        meta = {"namespace": source.namespace, "name": source.name, "uid": uid}
        version = "v1" if source.kind == "Service" else MAPPINGS_API
        about = {"apiVersion": version, "kind": source.kind, "metadata": meta}
        reason = "MappingInactive" if source.kind == "Service" else f"{source.kind}Inactive"
        text = (f"document {source.document}: " if source.document else "") + verdict.reason
        async with self._slots:
            await events.post(self._api, about, reason, text, component="gateway", now=utc_now(), warning=True)
        return True
