"""Whatever the graph and the objects: orders are whole, pruning is exact, a killed run ends as one that was not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from slipway.catalog import Component
from slipway.catalog.graph import levels
from slipway.diagnosis.remedies import of_container, of_event, of_scheduling
from slipway.kube import ApiError, NoConnection, NotServed, Obj, Ref, ref_of
from slipway.kube.objects import identity
from slipway.readiness import StorageClasses
from slipway.release.objects.order import CUSTOM, HOOKS, deletion_stages, stage, stages
from slipway.release.objects.snapshot import finder
from slipway.release.planning.leaving import KEPT, leaving, without_moved
from slipway.release.planning.plan import Plan, decide
from slipway.release.refusals.classify import Expected, awaited, classify
from slipway.release.removal.selection import choose, rounds
from slipway.release.state.inventory import Record, record_object, record_of
from slipway.render import Rendered

NAMES = ("base", "store", "kinds", "app", "front", "last")
KINDS = (
    ("v1", "Namespace"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "PersistentVolumeClaim"),
    ("apps/v1", "StatefulSet"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("example.com/v1", "Boat"),
    ("example.com/v2", "Boat"),
)


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Any graph without circles: everyone requires some of those before it."""
    order = draw(st.permutations(NAMES))[: draw(st.integers(1, len(NAMES)))]
    return {name: tuple(draw(st.sets(st.sampled_from(order[:i])))) if i else () for i, name in enumerate(order)}


refs = st.builds(
    lambda kind, place, name: Ref(kind[0], kind[1], place, name),
    st.sampled_from(KINDS),
    st.sampled_from(("a", "b")),
    st.sampled_from(("x", "y", "z")),
)


def obj(ref: Ref, value: str = "") -> Obj:
    """With the least that predicates look at: present is ready."""
    meta = {"name": ref.name, "namespace": ref.namespace, "generation": 1}
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": meta, "value": value}


@given(graphs())
def test_waves_hold_everyone_once_and_nobody_before_what_it_requires(graph: dict[str, tuple[str, ...]]) -> None:
    waves = levels(graph)
    order = [name for wave in waves for name in wave]
    assert sorted(order) == sorted(graph)
    when = {name: number for number, wave in enumerate(waves) for name in wave}
    assert all(when[other] < when[name] for name, needed in graph.items() for other in needed)


@given(st.lists(refs, unique=True).flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_stages_do_not_depend_on_the_order_of_the_manifests(pair: tuple[list[Ref], list[Ref]]) -> None:
    first, second = ([{ref_of(o) for o in group} for group in stages(map(obj, found))] for found in pair)
    assert first == second
    assert set().union(*first) == set(pair[0]) if first else not pair[0]
    positions = [stage(next(iter(group))) for group in first]
    assert positions == sorted(set(positions))
    assert deletion_stages(pair[0]) == deletion_stages(pair[1])
    gone = [stage(group[0]) for group in deletion_stages(pair[0])]
    # Custom resources go while their controllers run, and no webhook is left to stop what follows.
    assert CUSTOM not in gone[1:]
    assert HOOKS not in gone[2:]


@given(st.sets(refs), st.sets(refs), st.sets(refs))
def test_what_leaves_is_what_nobody_has_any_more(old: set[Ref], new: set[Ref], other: set[Ref]) -> None:
    before = Record("a", "1", "compact", "ready", "1", objects=tuple(old))
    others = {"a": before, "b": Record("b", "1", "compact", "ready", "1", objects=tuple(other))}
    gone = leaving(before, new, others)
    assert gone <= old
    kept = {identity(ref) for ref in (*new, *other)}
    assert {identity(ref) for ref in gone}.isdisjoint(kept)
    assert {identity(ref) for ref in old} == {identity(ref) for ref in gone} | {
        identity(ref) for ref in old if identity(ref) in kept
    }


@given(st.dictionaries(st.sampled_from(NAMES), st.tuples(st.sets(refs), st.sets(refs)), min_size=1))
def test_what_moves_between_components_is_never_deleted(parts: dict[str, tuple[set[Ref], set[Ref]]]) -> None:
    """(before, wanted) of each component of a plan, in whatever order they are carried out."""
    records = {name: Record(name, "1", "c", "ready", "1", objects=tuple(old)) for name, (old, _) in parts.items()}
    items = {name: component(name, new) for name, (_, new) in parts.items()}
    wanted = {identity(ref) for _, new in parts.values() for ref in new}
    deleted: set[Ref] = set()
    for name, (_, new) in parts.items():
        gone = leaving(records[name], new, records)
        deleted |= without_moved(gone, items, name, lambda item: ())
        records[name] = replace(records[name], objects=tuple(new))
    assert {identity(ref) for ref in deleted}.isdisjoint(wanted)
    # And what nobody wants any more is not forgotten, however many had it.
    had = {identity(ref) for old, _ in parts.values() for ref in old}
    assert had - wanted == {identity(ref) for ref in deleted}


def component(name: str, wanted: set[Ref]) -> Rendered:
    return Rendered(Component(name, "1", "c", "", name, Path()), tuple(map(obj, sorted(wanted))), {}, name)


@given(graphs(), st.data())
def test_an_uninstallation_goes_down_the_graph(graph: dict[str, tuple[str, ...]], data: st.DataObject) -> None:
    owned = {name: data.draw(st.sets(refs), label=name) for name in graph}
    records = {
        name: Record(name, "1", "compact", "ready", "1", requires=graph[name], objects=tuple(owned[name]))
        for name in graph
    }
    removal = choose(records, graph, "b", delete_data=True)
    found = rounds(records, graph, removal.refs)
    assert sorted(name for names, _ in found for name in names) == sorted(graph)
    deleted = [ref for _, group in found for ref in group]
    assert sorted(deleted) == sorted(removal.refs)
    assert len(deleted) == len(set(deleted))
    when = {name: number for number, (names, _) in enumerate(found) for name in names}
    gone = {identity(ref): number for number, (_, group) in enumerate(found) for ref in group}
    for name, needed in graph.items():
        assert all(when[name] < when[other] for other in needed)
        # What several have goes with the last of them.
        assert all(gone[identity(ref)] >= when[name] for ref in owned[name])
    stays = choose(records, graph, "b", delete_data=False)
    assert set(stays.refs) | set(stays.kept) == set(removal.refs)


def rendered(objects: dict[Ref, str]) -> Rendered:
    component = Component("a", "1", "compact", "", "a", Path())
    digest = repr(sorted(objects.items()))
    return Rendered(component, tuple(obj(ref, value) for ref, value in sorted(objects.items())), {}, digest)


class Cluster:
    """What the engine's steps leave, one step at a time; ``budget`` steps until the installer is killed."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str, str], Obj] = {}
        self.record: Record | None = None

    def install(self, item: Rendered, budget: int, order: st.DataObject | None = None) -> bool:
        """The steps of ``release.component.install``; whether it came to its end."""
        plan = Plan("test", "b", {"a": item})
        if decide(item, self.record, finder(self.objects.values()), StorageClasses(), plan)[0] == "unchanged":
            return True
        old = self.record
        everything = {*item.refs, *(old.all if old else ())}
        todo: list[Any] = [replace(Record("a", "1", "compact", "installing", ""), objects=tuple(sorted(everything)))]
        for group in stages(item.objects):
            todo += order.draw(st.permutations(group)) if order else group
        gone = leaving(old, item.refs, {"a": old} if old else {})
        kept = tuple(sorted(ref for ref in gone if ref.kind in KEPT))
        todo += sorted(gone - set(kept))
        todo.append(Record("a", "1", "compact", "ready", item.digest, objects=(*sorted(item.refs), *kept)))
        for step in todo:
            if budget == 0:
                return False
            budget -= 1
            if isinstance(step, Record):
                # As it comes back from the cluster.
                self.record = record_of(record_object(step))
            elif isinstance(step, Ref):
                self.objects.pop(identity(step), None)
            else:
                self.objects[identity(ref_of(step))] = step
        return True


#: One version of each kind: two versions of one object in one component are a mistake of the manifests.
versions = st.dictionaries(refs.filter(lambda ref: ref.api_version != "example.com/v2"), st.sampled_from(("1", "2")))


@given(st.lists(versions, min_size=1, max_size=4), st.data())
def test_killed_at_any_step_it_ends_as_if_it_had_not_been(history: list[dict[Ref, str]], data: st.DataObject) -> None:
    plain, killed = Cluster(), Cluster()
    for objects in history:
        item = rendered(objects)
        assert plain.install(item, 1000)
        for budget in data.draw(st.lists(st.integers(0, 12), max_size=4), label="kills"):
            killed.install(item, budget, data)
        assert killed.install(item, 1000, data)
        assert killed.objects == plain.objects
        assert (killed.record, plain.record) != (None, None)
        assert killed.record == plain.record
        found = decide(
            item, killed.record, finder(killed.objects.values()), StorageClasses(), Plan("t", "b", {"a": item})
        )
        assert found[0] in ("unchanged", "recover")


@given(st.integers(400, 599), st.text(max_size=20), st.text(max_size=60), refs)
def test_every_answer_has_a_verdict(status: int, reason: str, message: str, ref: Ref) -> None:
    for error in (ApiError(message, status=status, reason=reason), NoConnection(message), NotServed(message)):
        verdict = classify(error, ref, Expected())
        assert verdict.state in ("not yet", "invalid")
        assert verdict.reason
    assert awaited(message)
    assert all(isinstance(text, str) for text in (of_container(reason, message), of_event(reason, message)))
    assert isinstance(of_scheduling(message), str)


@given(st.sampled_from((429, 500, 502, 503, 504)), st.from_regex(r"[a-z ]{0,30}", fullmatch=True), refs)
def test_a_server_that_cannot_answer_is_waited_for(status: int, message: str, ref: Ref) -> None:
    assert classify(ApiError(message, status=status), ref, Expected()).state == "not yet"
