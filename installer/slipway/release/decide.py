"""What an uninstallation would remove and leave, as the cluster is now: nothing is changed here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from slipway.kube import Client, Obj, Ref, ref_of
from slipway.release import ending, inventory, kept
from slipway.release.data import lines, with_claims
from slipway.release.instances import instances_of
from slipway.release.inventory import Record
from slipway.release.kept import Kept
from slipway.release.removal import Removal, choose
from slipway.release.users import Group, grouped, of_users


@dataclass(frozen=True)
class Decision:
    """``wanted`` are the components that go, ``left`` goes of what earlier uninstallations kept.

    ``custom`` are the objects of the kinds that go: they go first. ``users`` are those of them that users made, and
    objects of other kinds of the platform in namespaces that go; with apiVersion, kind and metadata.
    """

    records: Mapping[str, Record]
    wanted: tuple[str, ...]
    left: tuple[Kept, ...]
    removal: Removal
    custom: tuple[Ref, ...]
    users: tuple[Obj, ...]


def decide(client: Client, names: Collection[str], project: str, *, delete_data: bool) -> Decision:
    """Decide for these components (default: all). Raises BadInput for names that cannot be removed."""
    records = inventory.load_records(client)
    left = kept.find(client, records, names) if delete_data else []
    wanted = kept.chosen(records, names, [*left, *ending.find(client, names)])
    removal = choose(records, wanted, project, delete_data=delete_data)
    removal = with_claims(client, removal) if delete_data else _keep_namespaces_with_data(client, removal)
    known = {ref for record in records.values() for ref in record.all if ref.kind == "CustomResourceDefinition"}
    found = instances_of(client, known)
    going = {ref.name for ref in (*removal.refs, *(item.ref for item in left)) if ref.kind == "Namespace"}
    gone = {*removal.definitions}
    doomed = [
        obj
        for definition, objects in found.items()
        for obj in objects
        if definition in gone or obj["metadata"].get("namespace") in going
    ]
    custom = [ref_of(obj) for definition in gone for obj in found[definition]]
    own = {ref for record in records.values() for ref in record.all}
    return Decision(records, tuple(wanted), tuple(left), removal, tuple(custom), tuple(of_users(doomed, own)))


@dataclass(frozen=True)
class Foreseen:
    """What an uninstallation would do, to be told. ``data`` are lines; ``remaining`` are components that stay."""

    components: tuple[str, ...]
    remaining: tuple[str, ...]
    refs: tuple[Ref, ...]
    users: tuple[Group, ...]
    data: tuple[str, ...]
    kept: tuple[Ref, ...]

    @property
    def loses(self) -> bool:
        """Whether something goes that no installation brings back."""
        return bool(self.users or self.data)


def foresee(client: Client, names: Collection[str], project: str, *, delete_data: bool) -> Foreseen:
    """What ``uninstall`` with the same arguments would do now. Raises BadInput for names that cannot be removed."""
    found = decide(client, names, project, delete_data=delete_data)
    return Foreseen(
        components=tuple(sorted(found.wanted)),
        remaining=tuple(sorted({*found.records} - {*found.wanted})),
        refs=tuple(sorted({*found.removal.refs, *(item.ref for item in found.left)})),
        users=grouped(found.users),
        data=tuple(lines(client, found.removal.refs, found.left)) if delete_data else (),
        kept=found.removal.kept,
    )


def _keep_namespaces_with_data(client: Client, removal: Removal) -> Removal:
    """A namespace in which there are claims stays: its deletion would delete them."""
    with_claims = {claim["metadata"]["namespace"] for claim in client.objects("v1", "PersistentVolumeClaim")}
    stays = {ref for ref in removal.refs if ref.kind == "Namespace" and ref.name in with_claims}
    refs = tuple(ref for ref in removal.refs if ref not in stays)
    return Removal(refs, tuple(sorted({*removal.kept, *stays})))
