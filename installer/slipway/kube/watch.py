"""What comes over a watch: a line of JSON an event."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from slipway.kube.answers import ApiError
from slipway.kube.objects import Obj

BEHIND = "ResourceVersionTooLarge"


def events(lines: Iterable[bytes], kind: str) -> Iterator[tuple[str, Obj]]:
    """(type, object). Raises ApiError for what the server says instead of an event."""
    for line in lines:
        event = json.loads(line)
        if event["type"] == "ERROR":
            status = event["object"]
            raise ApiError(
                status.get("message", "watch failed"),
                f"watch {kind}",
                status=status.get("code", 0),
                reason=status.get("reason", ""),
                body=status,
            )
        yield event["type"], event["object"]


def is_behind(error: ApiError) -> bool:
    """Whether the server's cache had not yet seen what etcd has: under load it lags, and asked again it has."""
    body = error.body if isinstance(error.body, dict) else {}
    causes = (body.get("details") or {}).get("causes") or []
    return any(cause.get("reason") == BEHIND for cause in causes)
