"""Asking the API server: a server-side dry run for every object that is not plainly as it should be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError, Client, NotServed, Obj, Ref, ref_of
from slipway.kube.answers import NoNamespace, Unavailable
from slipway.release.diff.clean import comparable, covers
from slipway.release.diff.fields import fields_of
from slipway.release.diff.model import Action, Change
from slipway.release.objects.snapshot import Find, snapshot
from slipway.release.ownership.owners import manager
from slipway.release.planning.leaving import KEPT, leaving, without_moved
from slipway.release.planning.plan import kinds_of
from slipway.release.refusals.classify import NO_NAMESPACE, Expected, causes, classify, expected_of
from slipway.release.secrets import certificates, generate
from slipway.release.state import inventory
from slipway.render import Rendered

PARALLEL = 6


@dataclass(frozen=True)
class _Context:
    client: Client
    expected: Expected
    find: Find
    #: Kinds of the plan that are not served yet: asking for each of their objects would mean discovery each time.
    unserved: frozenset[tuple[str, str]] = frozenset()


def compare(
    client: Client, rendered: Mapping[str, Rendered], project: str, replaced: Collection[str] = ()
) -> list[Change]:
    """Everything that would not stay as it is, by component in the order of their names.

    One listing per kind; objects of a component that has not changed since it was installed are compared here, all
    others (and those that differ) by a dry run on the server.
    """
    records = inventory.load_records(client)
    expected = expected_of((obj for item in rendered.values() for obj in item.objects), replaced)
    context = _Context(
        client, expected, snapshot(client, kinds_of(rendered.values())), _unserved(client, rendered.values())
    )
    changes: list[Change] = []
    covered: set[Ref] = set()
    generated = partial(generate.refs_of, project)
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="compare") as pool:
        for name, item in sorted(rendered.items()):
            record = records.get(name)
            same = record is not None and record.digest == item.digest
            changes += _secrets(client, item, project)
            results = pool.map(lambda obj, name=name, same=same: _one(context, obj, name, same), item.objects)
            changes += [replace(change, file=item.files.get(change.ref, "")) for change in results if change]
            before = replace(record, objects=tuple(record.all)) if record else None
            wanted = {*item.refs, *generate.refs_of(project, item)}
            # What two components give up goes once, and what one of them brings now has only moved.
            gone = without_moved(leaving(before, wanted, records), rendered, name, generated) - covered
            covered |= gone
            if record:
                records[name] = replace(record, objects=item.refs, secrets=generate.refs_of(project, item))
            changes += _gone(client, name, gone)
    return changes


def judge(client: Client, items: Mapping[str, Rendered], expected: Expected) -> list[Change]:
    """Those of the components' objects that the server would refuse, or that are made anew; nothing is written.

    Where a CRD or a namespace comes with the same plan, an object is judged as far as it can be.
    """
    context = _Context(client, expected, lambda ref: _present(client, ref), _unserved(client, items.values()))
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="judge") as pool:
        todo = [(name, obj, item) for name, item in items.items() for obj in item.objects]
        judged = pool.map(lambda one: (_judged(context, one[1], one[0]), one[2]), todo)
        return [
            replace(change, file=item.files.get(change.ref, ""))
            for change, item in judged
            if change and change.action in ("invalid", "replace")
        ]


def _judged(context: _Context, obj: Obj, component: str) -> Change | None:
    answer = _ask(context, obj, component)
    return (
        _refused(context, obj, component, context.find(ref_of(obj)), answer)
        if isinstance(answer, SlipwayError)
        else None
    )


def _unserved(client: Client, items: Iterable[Rendered]) -> frozenset[tuple[str, str]]:
    kinds = set()
    for kind in kinds_of(items):
        try:
            client.resource(*kind)
        except NotServed as error:
            if not isinstance(error, Unavailable):
                kinds.add(kind)
    return frozenset(kinds)


def first_change(client: Client, item: Rendered, find: Find, expected: Expected) -> Change | None:
    """The first object that others changed since it was applied; ``find`` knows the live objects."""
    context = _Context(client, expected, find)
    suspects = [obj for obj in item.objects if not covers(find(ref_of(obj)), obj)]
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="compare") as pool:
        changes = pool.map(lambda obj: _one(context, obj, item.component.name, True), suspects)
        return next((change for change in changes if change and change.action == "change"), None)


def _secrets(client: Client, item: Rendered, project: str) -> list[Change]:
    missing = [
        ref for ref in generate.refs_of(project, item) if client.get("v1", "Secret", ref.name, ref.namespace) is None
    ]
    changes = [Change(item.component.name, ref, "create", why="its values are generated") for ref in missing]
    ending = certificates.due(client, [item], project).items()
    return changes + [Change(name, ref, "change", why=why) for name, (ref, why) in ending]


def _gone(client: Client, name: str, refs: Iterable[Ref]) -> list[Change]:
    changes = []
    for ref in sorted(refs):
        present = _present(client, ref)
        if present is not None:
            why = "it may hold data" if ref.kind in KEPT else ""
            why = "it goes only when nothing is left in it" if ref.kind == "Namespace" else why
            action = "keep" if why else "delete"
            changes.append(Change(name, ref, action, why=why, before=comparable(present)))  # type: ignore[arg-type]
    return changes


def _present(client: Client, ref: Ref) -> Obj | None:
    try:
        return client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    except NotServed:
        return None


def _one(context: _Context, obj: Obj, component: str, same: bool) -> Change | None:
    ref, ours = ref_of(obj), manager(component)
    live = context.find(ref)
    if same and live is not None and covers(live, obj):
        return None
    before = comparable(live) if live else None
    future = _ask(context, obj, component)
    if isinstance(future, SlipwayError):
        return _refused(context, obj, component, live, future)
    if live is None or before is None:
        return Change(component, ref, "create", after=comparable(obj))
    after = comparable(future)
    fields = fields_of(before, after, live, ours)
    return Change(component, ref, "change", fields, before=before, after=after) if fields else None


def _ask(context: _Context, obj: Obj, component: str) -> Obj | SlipwayError:
    """What the server would make of it, or why it would not."""
    ref = ref_of(obj)
    if (ref.api_version, ref.kind) in context.unserved:
        return NotServed(f"the API server does not serve {ref.kind} of {ref.api_version}", context.client.server)
    try:
        return context.client.apply(obj, dry_run=True, manager=manager(component))
    except (ApiError, NoNamespace, NotYet) as error:
        return error


def _refused(context: _Context, obj: Obj, component: str, live: Obj | None, error: SlipwayError) -> Change:
    """The change that could not be tried: guessed, refused, or possible only by making the object anew."""
    from slipway.release.refusals.dry_run import create_elsewhere
    from slipway.release.refusals.refusal import explain

    ref, verdict = ref_of(obj), classify(error, ref_of(obj), context.expected)
    before, after = comparable(live) if live else None, comparable(obj)
    if verdict.state == "not yet" or "dry run" in error.what.lower():
        apart = ref.namespace in context.expected.namespaces and verdict.name == NO_NAMESPACE
        wrong = create_elsewhere(context.client, obj) if apart else None
        if wrong is None:
            fields = fields_of(before, comparable({**live, **obj}), live, manager(component)) if live and before else ()
            action: Action = "change" if live else "create"
            return Change(component, ref, action, fields, verdict.reason, before=before, after=after)
        verdict, error = wrong
    refusal = explain(context.client, obj, live, error, verdict)
    if refusal.anew and (ref.kind == "Job" or ref in context.expected.anew):
        fields = fields_of(before, comparable({**live, **obj}), live, manager(component)) if live and before else ()
        why = f"{refusal.reason}; it is made anew, and lost: {refusal.lost}"
        return Change(component, ref, "replace", fields, why=why, before=before, after=after)
    return Change(
        component,
        ref,
        "invalid",
        why=refusal.reason,
        before=before,
        after=after,
        remedy=refusal.remedy,
        causes=causes(error),
    )
