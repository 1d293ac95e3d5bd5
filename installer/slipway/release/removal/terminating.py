"""Namespaces that an uninstallation of everything has left to the server: nothing but they remembers it any more.

A namespace takes its controller some seconds, however empty it is. So that the inventory's own does not begin when all
others have ended, all go at once, and those of the components say by a mark whose they were: whoever goes on finds
them without the inventory. The mark is a label whose value is the namespace's own UID.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from slipway.kube import Client, Ref, ref_of
from slipway.release.removal.retained import users_of, words
from slipway.release.state.inventory import Record

LABEL = "slipway.dev/ending"
#: Annotation: of which components.
OF = "slipway.dev/ending-of"


@dataclass(frozen=True)
class TerminatingNamespace:
    """A namespace whose deletion is under way, and whose it was."""

    ref: Ref
    components: tuple[str, ...]


def mark(client: Client, namespaces: Iterable[Ref], records: Mapping[str, Record]) -> None:
    """Mark the namespaces, before their deletion is asked for."""
    for ref in namespaces:
        namespace = client.get(ref.api_version, ref.kind, ref.name)
        if namespace:
            labels = {LABEL: namespace["metadata"]["uid"]}
            client.patch(ref, {"metadata": {"labels": labels, "annotations": {OF: users_of(ref, records)}}})


def find(client: Client, names: Collection[str] = ()) -> list[TerminatingNamespace]:
    """Those that are still there; of these components, or of any."""
    marked = [
        TerminatingNamespace(ref_of(obj), words((obj["metadata"].get("annotations") or {}).get(OF, "")))
        for obj in client.objects("v1", "Namespace", labels=LABEL)
        if obj["metadata"]["labels"][LABEL] == obj["metadata"]["uid"] and "deletionTimestamp" in obj["metadata"]
    ]
    return [item for item in marked if not names or {*names} & {*item.components}]
