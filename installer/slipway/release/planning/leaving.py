"""What leaves the manifests: objects that a component had and that nothing of the plan has any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from slipway.kube import Ref
from slipway.kube.objects import identity
from slipway.release.state.inventory import Record
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
