"""Removing components: custom resources while their controllers run, then everything else, namespaces last."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace

from slipway.catalog import Started
from slipway.kube import Client, NotServed, Ref, ref_of
from slipway.progress import Reporter
from slipway.release.applying.apply import apply_one
from slipway.release.deletion.delete import PARALLEL, ask, delete_and_wait, wait_until_gone
from slipway.release.objects.custom_resources import instances_of
from slipway.release.objects.order import CUSTOM, HOOKS, WORKLOADS, deletion_stages, stage
from slipway.release.ownership import adoption
from slipway.release.refusals.classify import Expected
from slipway.release.removal import orphans, retained, terminating
from slipway.release.removal.data import abandon, provisioners_of, volumes_that_follow, with_claims
from slipway.release.removal.decide import Decision, decide, left_over
from slipway.release.removal.retained import Retained
from slipway.release.removal.selection import Removal, rounds
from slipway.release.state import inventory, journal
from slipway.release.state.inventory import Record
from slipway.release.state.lock import installer
from slipway.release.state.namespace import NAMESPACE, namespace_object
from slipway.waiting import Clock

INVENTORY = Ref("v1", "Namespace", "", NAMESPACE)


@dataclass(frozen=True)
class _Work:
    """Where and how patiently. ``timeout`` is in seconds, for each stage."""

    client: Client
    reporter: Reporter
    timeout: float

    def delete(self, refs: list[Ref]) -> None:
        delete_and_wait(self.client, refs, self.reporter, self.timeout)

    def ask(self, refs: list[Ref]) -> list[Ref]:
        return ask(self.client, refs, self.reporter, self.timeout)

    def wait(self, refs: list[Ref]) -> None:
        wait_until_gone(self.client, refs, self.reporter, self.timeout)


def uninstall(
    client: Client,
    names: Iterable[str],
    project: str,
    reporter: Reporter,
    *,
    timeout: float,
    delete_data: bool = False,
    keep_custom: bool = False,
) -> Removal:
    """Remove components, and what earlier uninstallations of them kept: data with ``delete_data`` only.

    With ``keep_custom`` CRDs and users' objects of their kinds stay, and the namespaces that these are in.
    Raises SlipwayError naming what holds a deletion up after ``timeout`` seconds a stage.
    """
    names, work = tuple(names), _Work(client, reporter, timeout)
    records = inventory.load_records(client)
    left = left_over(client, records, names, delete_data=delete_data, keep_custom=keep_custom)
    under_way = terminating.find(client, names)
    # A name that is wrong changes nothing, not even the lock.
    if not retained.chosen(records, names, [*left, *under_way]) and not left:
        # Where an uninstallation was interrupted at its end, this is what it left.
        own = [INVENTORY] if not records and client.get(INVENTORY.api_version, INVENTORY.kind, INVENTORY.name) else []
        refs = [item.ref for item in under_way]
        work.wait([*work.ask(own), *refs])
        return Removal(tuple(refs), ())
    clock = Clock(timeout)
    apply_one(client, namespace_object(), "inventory", Expected(), clock, reporter)
    with ExitStack() as lock:
        lock.enter_context(installer(client, reporter))
        journal.tell_of_killed(client.server, reporter)
        with journal.keeping(client.server, "uninstall", reporter) as end:
            for text in inventory.damages(records):
                reporter.say(
                    f"{text.removesuffix(f'; {inventory.REPAIR}')}; its objects are found by their marks", mark="!"
                )
            decision = decide(client, names, project, delete_data=delete_data, keep_custom=keep_custom)
            removal, last = _remove_all(work, decision)
            if last:
                # Nothing is left that could be locked, and the Lease goes with its namespace.
                lock.close()
                work.wait(last)
            end("done")
        return removal


def _remove_all(work: _Work, decision: Decision) -> tuple[Removal, list[Ref]]:
    """What goes and stays, and the namespaces whose end is still to be waited for."""
    client, reporter = work.client, work.reporter
    records, wanted, left, removal = decision.records, decision.wanted, decision.left, decision.removal
    provisioners = provisioners_of(client, removal.refs)
    # All custom resources first: every controller is still there to end what it began.
    work.delete(list(decision.custom))
    for components, refs in rounds(records, wanted, removal.refs):
        _remove(work, records, components, [ref for ref in refs if ref.kind != "Namespace"])
    orphans.unbind(client, (ref for ref in removal.custom if ref.kind != "Namespace"), removal.refs)
    namespaces = [ref for ref in removal.refs if ref.kind == "Namespace"]
    everything = set(wanted) == set(records)
    if everything:
        terminating.mark(client, namespaces, records)
    last = work.ask(namespaces)
    if not everything or left:
        work.wait(last)
    _remove_left(work, left)
    # Before their records go: whoever is killed here does it again.
    adoption.give_back(client, removal.theirs, reporter)
    retained.mark(client, removal, {name: records[name] for name in wanted}, provisioners)
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="forget") as pool:
        list(pool.map(lambda name: inventory.remove(client, name), wanted))
    last = [*last, *work.ask([INVENTORY])] if everything else []
    for line in adoption.sharing(removal.shared):
        reporter.say(line, mark="!")
    for ref in removal.kept:
        if ref.kind != "CustomResourceDefinition":
            reporter.say(f"{ref} stays", mark="=")
    gone = tuple(sorted({*removal.refs, *(item.ref for item in left)}))
    return replace(removal, refs=gone), last


def _remove_left(work: _Work, left: Collection[Retained]) -> None:
    """What earlier uninstallations kept. With a namespace go its pods, which would hold the claims."""
    client = work.client
    definitions = [item.ref for item in left if item.ref.kind == "CustomResourceDefinition"]
    objects = [obj for instances in instances_of(client, definitions).values() for obj in instances]
    refs = work.ask([ref_of(obj) for obj in objects])
    for text in orphans.release(client, objects):
        work.reporter.say(text, mark="!")
    work.wait(refs)
    work.delete(definitions)
    everything = with_claims(client, Removal(tuple(item.ref for item in left), ())).refs
    volumes = volumes_that_follow(client, everything)
    for kind in ("Namespace", "PersistentVolumeClaim", "PersistentVolume"):
        work.delete([item.ref for item in left if item.ref.kind == kind])
    for text in abandon(client, volumes, {name for item in left for name in item.gone}):
        work.reporter.say(text, mark="!")
    work.wait(volumes)


def _remove(work: _Work, records: Mapping[str, Record], components: list[str], refs: list[Ref]) -> None:
    """The objects of components that nothing else stands on any more."""
    stages = deletion_stages(refs)
    running = [group for group in stages if stage(group[0]) in (CUSTOM, HOOKS, WORKLOADS)]
    for group in running:
        work.delete(group)
    # Now that nothing starts new ones.
    work.delete([ref for name in components for item in records[name].starts for ref in _started(work.client, item)])
    volumes = volumes_that_follow(work.client, refs)
    # Nobody is left to whom the order of these matters.
    work.delete([ref for group in stages[len(running) :] for ref in group])
    work.wait(volumes)


def _started(client: Client, item: Started) -> list[Ref]:
    try:
        objects = client.objects(item.api_version, item.kind, item.namespace, labels=item.labels)
    except NotServed:
        return []
    return [Ref(item.api_version, item.kind, item.namespace, obj["metadata"]["name"]) for obj in objects]
