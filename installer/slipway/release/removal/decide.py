"""What an uninstallation would remove and leave, as the cluster is now: nothing is changed here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from slipway.kube import Client, Obj, Ref, ref_of
from slipway.release.objects.custom_resources import instances_of
from slipway.release.objects.user_objects import Group, grouped, of_users
from slipway.release.ownership import adoption
from slipway.release.removal import retained, terminating
from slipway.release.removal.data import lines, with_claims
from slipway.release.removal.retained import Retained
from slipway.release.removal.selection import Removal, choose, keeping, without
from slipway.release.state import inventory
from slipway.release.state.inventory import Record


@dataclass(frozen=True)
class Decision:
    """``wanted`` are the components that go, ``left`` goes of what earlier uninstallations kept.

    ``custom`` are the objects of the kinds that go: they go first. ``users`` are those of them that users made, and
    objects of other kinds of the platform in namespaces that go; ``staying`` are those of them that are kept. Both are
    apiVersion, kind and metadata.
    """

    records: Mapping[str, Record]
    wanted: tuple[str, ...]
    left: tuple[Retained, ...]
    removal: Removal
    custom: tuple[Ref, ...]
    users: tuple[Obj, ...]
    staying: tuple[Obj, ...] = ()


def decide(
    client: Client, names: Collection[str], project: str, *, delete_data: bool = False, keep_custom: bool = False
) -> Decision:
    """Decide for these components (default: all). Raises BadInput for names that cannot be removed."""
    records = inventory.load_records(client)
    left = left_over(client, records, names, delete_data=delete_data, keep_custom=keep_custom)
    wanted = retained.chosen(records, names, [*left, *terminating.find(client, names)])
    removal = choose(records, wanted, project, delete_data=delete_data)
    places = {ref.name for ref in (*removal.refs, *(item.ref for item in left)) if ref.kind == "Namespace"}
    there = adoption.survey(client, {*removal.refs, *removal.kept}, places)
    removal = without(removal, adoption.theirs(there, {*removal.refs, *removal.kept}))
    own = {ref for record in records.values() for ref in record.all}
    kinds, old = {*removal.definitions}, {item.ref for item in left if item.ref.kind == "CustomResourceDefinition"}
    instances = instances_of(client, {*old, *(ref for ref in own if ref.kind == "CustomResourceDefinition")})
    # Over all kinds at once: what one made may be of another.
    theirs = of_users((obj for objects in instances.values() for obj in objects), own)
    if keep_custom:
        removal = keeping(removal, {obj["metadata"].get("namespace", "") for obj in theirs})
    removal, left = _keep_shared(there, removal, left, project, {obj["metadata"]["uid"] for obj in theirs})
    removal = with_claims(client, removal) if delete_data else _keep_namespaces_with_data(client, removal)
    going = {ref.name for ref in (*removal.refs, *(item.ref for item in left)) if ref.kind == "Namespace"}
    uids = {obj["metadata"]["uid"] for definition in kinds | old for obj in instances[definition]}
    affected = [obj for obj in theirs if obj["metadata"]["uid"] in uids or obj["metadata"].get("namespace") in going]
    stays = {obj["metadata"]["uid"] for obj in affected} if keep_custom else set()
    custom = [ref_of(obj) for kind in kinds for obj in instances[kind] if obj["metadata"]["uid"] not in stays]
    users, staying = ((), tuple(affected)) if keep_custom else (tuple(affected), ())
    return Decision(records, tuple(wanted), tuple(left), removal, tuple(custom), users, staying)


def _keep_shared(
    there: Collection[Obj], removal: Removal, left: list[Retained], project: str, uids: Collection[str]
) -> tuple[Removal, list[Retained]]:
    """Other people's objects would go with their namespace: it stays. The project's goes with what users made in it.

    ``uids`` are those of the platform's kinds, which are reported and asked for by themselves.
    """
    going = {ref.name: ref for ref in (*removal.refs, *(item.ref for item in left)) if ref.kind == "Namespace"}
    shared = {
        going[place]: tuple(ref_of(obj) for obj in objects if obj["metadata"]["uid"] not in uids)
        for place, objects in adoption.holding_others(there, going, project).items()
    }
    shared = {ref: inside for ref, inside in shared.items() if inside}
    refs = tuple(ref for ref in removal.refs if ref not in shared)
    return replace(removal, refs=refs, shared=shared), [item for item in left if item.ref not in shared]


def left_over(
    client: Client, records: Mapping[str, Record], names: Collection[str], *, delete_data: bool, keep_custom: bool
) -> list[Retained]:
    """What goes of that which earlier uninstallations kept: data when asked for, custom resources unless they stay."""
    retained_refs = [] if keep_custom else retained.find(client, records, names)
    if delete_data:
        return retained_refs
    retained_refs = [item for item in retained_refs if item.why == retained.CUSTOM]
    claimed = _claimed(client) if retained_refs else set()
    return [item for item in retained_refs if item.ref.kind != "Namespace" or item.ref.name not in claimed]


@dataclass(frozen=True)
class Foreseen:
    """What an uninstallation would do, to be told. ``data`` are lines; ``remaining`` are components that stay.

    ``theirs`` were there before Slipway, and stay; ``shared`` are lines of namespaces that stay for others' objects.
    """

    components: tuple[str, ...]
    remaining: tuple[str, ...]
    refs: tuple[Ref, ...]
    users: tuple[Group, ...]
    data: tuple[str, ...]
    kept: tuple[Ref, ...]
    staying: tuple[Group, ...] = ()
    theirs: tuple[Ref, ...] = ()
    shared: tuple[str, ...] = ()

    @property
    def loses(self) -> bool:
        """Whether something goes that no installation brings back."""
        return bool(self.users or self.data)


def foresee(
    client: Client, names: Collection[str], project: str, *, delete_data: bool = False, keep_custom: bool = False
) -> Foreseen:
    """What ``uninstall`` with the same arguments would do now. Raises BadInput for names that cannot be removed."""
    decision = decide(client, names, project, delete_data=delete_data, keep_custom=keep_custom)
    return Foreseen(
        components=tuple(sorted(decision.wanted)),
        remaining=tuple(sorted({*decision.records} - {*decision.wanted})),
        refs=tuple(sorted({*decision.removal.refs, *(item.ref for item in decision.left)})),
        users=grouped(decision.users),
        data=tuple(lines(client, decision.removal.refs, decision.left)) if delete_data else (),
        kept=decision.removal.kept,
        staying=grouped(decision.staying),
        theirs=decision.removal.theirs,
        shared=tuple(adoption.sharing(decision.removal.shared)),
    )


def _keep_namespaces_with_data(client: Client, removal: Removal) -> Removal:
    """A namespace in which there are claims stays: its deletion would delete them."""
    claimed = _claimed(client)
    stays = {ref for ref in removal.refs if ref.kind == "Namespace" and ref.name in claimed}
    refs = tuple(ref for ref in removal.refs if ref not in stays)
    return replace(removal, refs=refs, kept=tuple(sorted({*removal.kept, *stays})))


def _claimed(client: Client) -> set[str]:
    """Namespaces in which there are claims."""
    return {claim["metadata"]["namespace"] for claim in client.objects("v1", "PersistentVolumeClaim")}
