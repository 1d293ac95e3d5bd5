"""Removing what a component no longer has."""

from __future__ import annotations

from collections.abc import Iterable

from slipway.kube import Client, Ref
from slipway.progress import Reporter
from slipway.release.objects.custom_resources import instances
from slipway.release.objects.order import deletion_stages
from slipway.release.ownership.empty_namespace import is_own_and_empty
from slipway.release.planning.leaving import KEPT


def prune(client: Client, gone: Iterable[Ref], component: str, reporter: Reporter) -> tuple[Ref, ...]:
    """Delete them; what holds data is kept, said, and returned."""
    kept = []
    for stage in deletion_stages(gone):
        for ref in stage:
            reason = _reason_to_keep(client, ref)
            if reason:
                reporter.say(f"{component}: {ref} left the manifests and stays: {reason}", mark="!")
                kept.append(ref)
            elif client.delete(ref):
                reporter.say(f"{component}: {ref} left the manifests: deleted", mark="-")
    return tuple(kept)


def _reason_to_keep(client: Client, ref: Ref) -> str:
    if ref.kind == "Namespace":
        # Its own objects have left before it: it comes last.
        return "" if is_own_and_empty(client, ref) else "it is not empty, or not of Slipway's making; delete it by hand"
    if ref.kind in KEPT:
        return "it may hold data; delete it by hand"
    if ref.kind == "CustomResourceDefinition":
        definition = client.get(ref.api_version, ref.kind, ref.name)
        if definition and instances(client, definition):
            return "there are objects of this kind; delete them first"
    return ""
