"""Objects without what the server writes, and without secrets."""

from __future__ import annotations

from typing import Any

from slipway.kube import Obj

#: Parts of an object's metadata that the server writes.
_SERVERS = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
HIDDEN = "(hidden)"
#: The whole object once more, a Secret's values with it.
COPY = "kubectl.kubernetes.io/last-applied-configuration"


def comparable(obj: Obj) -> Obj:
    """The object without metadata of the server's, kubectl's copy of it, and status."""
    meta = {key: value for key, value in (obj.get("metadata") or {}).items() if key not in _SERVERS}
    if COPY in (meta.get("annotations") or {}):
        meta["annotations"] = {key: value for key, value in meta["annotations"].items() if key != COPY}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": meta}


def displayed(obj: Obj | None, other: Obj | None = None) -> Obj | None:
    """The object as it may be printed: of a Secret's values only whether they differ from ``other``'s."""
    if obj is None or obj.get("kind") != "Secret":
        return obj
    cleaned = comparable(obj) if "metadata" in obj else dict(obj)
    for part in ("data", "stringData"):
        if isinstance(obj.get(part), dict):
            theirs = (other or {}).get(part) or {}
            cleaned[part] = {key: _hidden(value, theirs.get(key, value)) for key, value in obj[part].items()}
    return cleaned


def _hidden(value: Any, other: Any) -> str:
    return HIDDEN if value == other else f"{HIDDEN[:-1]}, another value)"


def covers(live: Any, wanted: Any) -> bool:
    """Whether all that is wanted stands in the live value. Says no when in doubt: lists are taken as they are."""
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(key in live and covers(live[key], value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(live, list) and len(live) == len(wanted) and all(map(covers, live, wanted))
    return type(live) is type(wanted) and bool(live == wanted)
