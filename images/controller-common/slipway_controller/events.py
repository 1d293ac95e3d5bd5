"""Kubernetes Events, so that `kubectl describe` shows what happened."""

from __future__ import annotations

import logging

from slipway_controller.api import Api, ApiError
from slipway_controller.reader import Obj

log = logging.getLogger(__name__)
_MAX_MESSAGE = 1000


async def post(
    api: Api, about: Obj, reason: str, message: str, *, component: str, now: str, warning: bool = False
) -> None:
    """An Event about an object; one that cannot be posted is a line in the log, for nothing depends on it.

    ``now`` is an RFC 3339 time in UTC.
    """
    meta = about["metadata"]
    reference = {"name": meta["name"], "namespace": meta["namespace"], "uid": meta.get("uid", "")}
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{meta['name'][:200]}-", "namespace": meta["namespace"]},
        "involvedObject": {"apiVersion": about["apiVersion"], "kind": about["kind"], **reference},
        "reason": reason,
        "message": message[:_MAX_MESSAGE],
        "type": "Warning" if warning else "Normal",
        "source": {"component": component},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    try:
        await api.create(body)
    except ApiError as error:
        log.warning("no Event %s about %s: %s", reason, meta["name"], error)
