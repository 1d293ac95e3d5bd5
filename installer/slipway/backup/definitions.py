"""The kinds of users' objects, before the components that bring them are installed."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from slipway.kube import Client, Obj
from slipway.progress import Reporter
from slipway.release.applying import definitions
from slipway.release.applying.apply import apply_all
from slipway.release.refusals.classify import Expected
from slipway.render import Rendered
from slipway.waiting import Clock


def served_by(rendered: Mapping[str, Rendered]) -> set[tuple[str, str]]:
    """(apiVersion, kind) of what the components' CRDs will serve."""
    return {
        (f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"])
        for item in rendered.values()
        for crd in definitions.of(item)
        for version in crd["spec"]["versions"]
        if version.get("served")
    }


def apply(client: Client, rendered: Mapping[str, Rendered], clock: Clock, reporter: Reporter) -> list[Obj]:
    """Apply the CRDs as the installation will, each under its component's name; these. Raises SlipwayError."""
    applied: list[Obj] = []
    for component, item in rendered.items():
        wanted = [_without_webhook(crd) for crd in definitions.of(item)]
        applied += apply_all(client, wanted, component, Expected(), clock, reporter).values()
    return applied


def _without_webhook(crd: Obj) -> Obj:
    """Nobody converts yet; the installation brings that back."""
    if (crd["spec"].get("conversion") or {}).get("strategy") != "Webhook":
        return crd
    copied = copy.deepcopy(crd)
    copied["spec"]["conversion"] = {"strategy": "None"}
    return copied
