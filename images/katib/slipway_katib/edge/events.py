"""Kubernetes Events, so that `kubectl describe` tells what happened."""

from __future__ import annotations

import logging
from uuid import uuid4

from slipway_katib.edge.api import Api, ApiError
from slipway_katib.reconcile.actions import Note

log = logging.getLogger("slipway_katib")
_MAX_MESSAGE = 1000


async def post(api: Api, note: Note, now: str) -> None:
    """Post the Event; one that cannot be posted is a line in the log, nothing depends on it."""
    meta = note.obj["metadata"]
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{meta['name']}.{uuid4().hex[:16]}", "namespace": meta["namespace"]},
        "involvedObject": {
            "apiVersion": note.obj["apiVersion"],
            "kind": note.obj["kind"],
            "name": meta["name"],
            "namespace": meta["namespace"],
            "uid": meta.get("uid", ""),
        },
        "reason": note.reason,
        "message": note.message[:_MAX_MESSAGE],
        "type": "Warning" if note.warning else "Normal",
        "source": {"component": "katib-controller"},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    try:
        await api.create(body)
    except ApiError as error:
        log.warning("no Event %s about %s: %s", note.reason, meta["name"], error)
