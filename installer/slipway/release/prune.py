"""Removing what a component no longer has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from slipway.kube import Client, Ref
from slipway.progress import Reporter
from slipway.release.instances import instances
from slipway.release.inventory import Record
from slipway.release.order import deletion_stages
from slipway.release.vacated import vacated
from slipway.render import Rendered

#: Never deleted by an upgrade, but for a namespace that is vacated: whatever is inside would go with it.
KEPT = {"PersistentVolumeClaim", "PersistentVolume", "Namespace"}


def leaving(old: Record | None, new: Iterable[Ref], others: Mapping[str, Record]) -> set[Ref]:
    """Objects of the old record that neither the new objects nor another component has.

    The apiVersion does not matter: v1beta1 and v1 are the same object.
    """
    if old is None:
        return set()
    present = {identity(ref) for ref in new}
    for name, record in others.items():
        if name != old.component:
            present |= {identity(ref) for ref in record.all}
    return {ref for ref in old.objects if identity(ref) not in present}


def without_moved(
    gone: set[Ref], rendered: Mapping[str, Rendered], component: str, generated: Callable[[Rendered], Iterable[Ref]]
) -> set[Ref]:
    """Those of the leaving objects that no other component of the plan brings: the others have only moved.

    ``generated`` tells which Secrets are made for a component.
    """
    if not gone:
        return gone
    others = [item for name, item in rendered.items() if name != component]
    taken = {identity(ref) for item in others for ref in (*item.refs, *generated(item))}
    return {ref for ref in gone if identity(ref) not in taken}


def identity(ref: Ref) -> tuple[str, str, str, str]:
    """What makes an object the same in every version of its API."""
    return (ref.group, ref.kind, ref.namespace, ref.name)


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
        return "" if vacated(client, ref) else "it is not empty, or not of Slipway's making; delete it by hand"
    if ref.kind in KEPT:
        return "it may hold data; delete it by hand"
    if ref.kind == "CustomResourceDefinition":
        definition = client.get(ref.api_version, ref.kind, ref.name)
        if definition and instances(client, definition):
            return "there are objects of this kind; delete them first"
    return ""
