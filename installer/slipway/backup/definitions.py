"""The kinds of users' objects, before the components that bring them are installed."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping

from slipway.errors import SlipwayError
from slipway.kube import Client, Obj
from slipway.render import Rendered

#: Seconds until all are served.
PATIENCE = 60


def served_by(rendered: Mapping[str, Rendered]) -> set[tuple[str, str]]:
    """(apiVersion, kind) of what the components' CRDs will serve."""
    return {
        (f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"])
        for crd in _definitions(rendered)
        for version in crd["spec"]["versions"]
        if version.get("served")
    }


def establish(client: Client, rendered: Mapping[str, Rendered]) -> int:
    """Apply the CRDs as the installation will, and wait until they are served; how many. Raises SlipwayError."""
    applied = [client.apply(_without_webhook(crd)) for crd in _definitions(rendered)]
    end = time.monotonic() + PATIENCE
    left = [crd["metadata"]["name"] for crd in applied]
    while left := [name for name in left if not _established(client, name)]:
        if time.monotonic() > end:
            raise SlipwayError(f"not established after {PATIENCE} s", f"CustomResourceDefinition {left[0]}")
        time.sleep(0.2)
    client.refresh_discovery()
    return len(applied)


def _definitions(rendered: Mapping[str, Rendered]) -> Iterator[Obj]:
    for item in rendered.values():
        yield from (obj for obj in item.objects if obj["kind"] == "CustomResourceDefinition")


def _without_webhook(crd: Obj) -> Obj:
    """Nobody converts yet; the installation brings that back."""
    if (crd["spec"].get("conversion") or {}).get("strategy") != "Webhook":
        return crd
    made = copy.deepcopy(crd)
    made["spec"]["conversion"] = {"strategy": "None"}
    return made


def _established(client: Client, name: str) -> bool:
    found = client.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", name) or {}
    conditions = (found.get("status") or {}).get("conditions") or []
    return any(item["type"] == "Established" and item["status"] == "True" for item in conditions)
