"""Installing one component: secrets, objects in stages, readiness, probes, record, prune."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial

from slipway.catalog import Component
from slipway.diagnosis.explain import evidence, explain
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.kube.gateway_address import gateway_url
from slipway.progress import Reporter
from slipway.readiness import probe
from slipway.readiness.context import ProbeContext
from slipway.release.applying.apply import apply_all
from slipway.release.applying.prune import prune
from slipway.release.objects.order import DEFINITIONS, NAMESPACES, PARTS, WORKLOADS, stage, stages
from slipway.release.ownership import adoption
from slipway.release.planning.leaving import KEPT, leaving, without_moved
from slipway.release.planning.plan import Plan
from slipway.release.refusals.classify import Expected
from slipway.release.secrets import generate
from slipway.release.secrets.spec import CERTIFIED, in_project, ref_for
from slipway.release.state import inventory
from slipway.release.state.inventory import Record
from slipway.release.waiting.ready import until_ready
from slipway.release.waiting.retry import retry_while_not_ready
from slipway.release.waiting.watch_cache import WatchCache
from slipway.render import Rendered
from slipway.render.origin import located
from slipway.waiting import Clock

#: How long a failed component tries to write down that it failed.
LAST_WORDS_SECONDS = 30.0
#: What must be there before a component's workloads are.
Prepare = Callable[[Component], None]


@dataclass(frozen=True)
class InstallContext:
    """Where an installation happens, and what is known of it. ``records`` is the inventory before it."""

    client: Client
    cache: WatchCache
    plan: Plan
    expected: Expected
    records: Mapping[str, Record]
    reporter: Reporter
    gateway: str = ""
    node_ip: str = ""
    prepare: Prepare | None = None
    #: Why components cannot be applied: nothing of them is.
    refused: Mapping[str, SlipwayError] = field(default_factory=dict)
    #: What this run has made ready; to be looked at and added to under ``guard``.
    done: dict[str, Record] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)
    #: Components whose records are written and whose definitions are being applied already (``definitions``).
    ahead: Mapping[str, Future[dict[Ref, Obj]]] = field(default_factory=dict)


@dataclass
class Work:
    """What was done to one component, with the seconds of each part."""

    seconds: dict[str, float] = field(default_factory=dict)
    probes: list[probe.Passed] = field(default_factory=list)
    applied: int = 0


def beginning(context: InstallContext, rendered: Rendered) -> Record:
    """The record of a component that is about to be applied: all that may exist of it from now on."""
    component, generated = rendered.component, generate.refs_of(context.plan.project, rendered)
    old = context.records.get(component.name)
    everything = {*rendered.refs, *(old.all if old else ())} - set(generated)
    return Record(
        component=component.name,
        version=component.version,
        edition=component.edition,
        state="installing",
        digest="",
        overlay=context.plan.overlay,
        requires=(*component.requires, *component.after),
        settings=rendered.settings,
        objects=tuple(everything),
        secrets=generated,
        starts=tuple(
            replace(item, namespace=in_project(item.namespace, context.plan.project)) for item in component.starts
        ),
    )


def install(context: InstallContext, rendered: Rendered, clock: Clock) -> Work:
    """Apply it, wait for it, probe it, remember it, prune. Raises SlipwayError with the cause."""
    work, component = Work(), rendered.component
    old, record = context.records.get(component.name), beginning(context, rendered)
    if (refused := context.refused.get(component.name)) is not None:
        if old is None:
            say_failed(context, replace(record, objects=(), secrets=()), refused.what, clock.stop)
        raise refused
    if component.name not in context.ahead:
        # Before anything exists: whoever is interrupted here leaves a list of what may be there.
        save(context, record, clock)
    try:
        with _timed(work, "apply"):
            applied = _apply(context, rendered, clock, work)
        work.applied = len(applied)
        _settle(context, rendered, applied, clock, work)
        before = replace(old, objects=tuple(old.all)) if old else None
        with context.guard:
            # As the others are now: of two that give the same object up, the last one to be ready deletes it.
            gone = leaving(before, {*rendered.refs, *record.secrets}, {**context.records, **context.done})
            context.done[component.name] = replace(record, objects=rendered.refs)
        gone = without_moved(
            gone, context.plan.rendered, component.name, partial(generate.refs_of, context.plan.project)
        )
        # Volumes, claims and namespaces of others stay on record as ours do, and go back when all goes.
        others = {ref for ref in gone if ref.kind not in KEPT}
        theirs = adoption.theirs(adoption.survey(context.client, others), others)
        kept = _prune(context, gone - theirs, component.name, clock)
        adoption.give_back(context.client, theirs, context.reporter)
    except SlipwayError as error:
        error.where = located(error.where, rendered.files)
        with contextlib.suppress(SlipwayError):
            # Where the server is away for good, the record goes on to say "installing", which is true, too.
            say_failed(context, record, error.what, clock.stop)
        raise
    done = replace(record, state="ready", digest=rendered.digest, objects=(*rendered.refs, *kept))
    save(context, replace(done, seconds=sum(work.seconds.values())), clock)
    return work


def say_failed(context: InstallContext, record: Record, why: str, stop: threading.Event) -> None:
    """Write down that it failed. Raises SlipwayError when the server is away for good."""
    save_last(context, replace(record, state="failed", message=why[:500]), stop)


def save_last(context: InstallContext, record: Record, stop: threading.Event) -> None:
    """Write a record of what goes no further."""
    save(context, record, Clock(LAST_WORDS_SECONDS, stop))


def save(context: InstallContext, record: Record, clock: Clock) -> None:
    """Write a record; a server that is away for a moment is waited for."""
    ref = inventory.ref_for(record.component)
    retry_while_not_ready(
        lambda: inventory.save(context.client, record), ref, record.component, context.expected, clock, context.reporter
    )


def _prune(context: InstallContext, gone: set[Ref], component: str, clock: Clock) -> tuple[Ref, ...]:
    """Delete what left the manifests. Beginning again is harmless: what is gone is not there to be deleted."""
    ref, reporter = inventory.ref_for(component), context.reporter
    return retry_while_not_ready(
        lambda: prune(context.client, gone, component, reporter), ref, component, context.expected, clock, reporter
    )


def recover(context: InstallContext, rendered: Rendered, clock: Clock) -> Work:
    """Nothing is to be applied: wait until all is ready again, and probe."""
    work = Work()
    present = {ref: context.cache.get(ref) or {} for ref in rendered.refs}
    _settle(context, rendered, present, clock, work)
    return work


def _settle(context: InstallContext, rendered: Rendered, applied: Mapping[Ref, Obj], clock: Clock, work: Work) -> None:
    component = rendered.component
    with _timed(work, "ready"):
        open_ones = until_ready(context.client, context.cache, component.name, applied, clock, context.reporter)
        if open_ones:
            raise explain(context.client, component.name, open_ones, _why_not(clock))
    # A load balancer's address is known now.
    _make_secrets(context, rendered, clock, CERTIFIED)
    with _timed(work, "probes"):
        probe_context = ProbeContext(
            kube=context.client,
            project=context.plan.project,
            settings=rendered.settings,
            # A load balancer's address is known when the gateway is there: components behind it come after it.
            gateway=context.gateway or gateway_url(context.client),
            node_ip=context.node_ip,
            reporter=context.reporter,
        )
        try:
            work.probes += probe.run(component, probe_context, clock)
        except SlipwayError as error:
            error.details += evidence(context.client, rendered.refs)
            raise


def _apply(context: InstallContext, rendered: Rendered, clock: Clock, work: Work) -> dict[Ref, Obj]:
    component, changed, prepared, unsettled = rendered.component.name, False, False, dict[Ref, Obj]()
    ahead = context.ahead.get(component)
    # What cannot be applied of it is known before anything else of it is.
    definitions = ahead.result() if ahead else None
    applied: dict[Ref, Obj] = {}
    for group in stages(rendered.objects):
        position = stage(ref_of(group[0]))
        if position > NAMESPACES and not changed:
            _make_secrets(context, rendered, clock)
            changed = True
        if position > PARTS and unsettled:
            _establish(context, component, unsettled, clock)
            unsettled = {}
        if position >= WORKLOADS and not prepared:
            _prepare(context, rendered, clock, work)
            prepared = True
        if position == DEFINITIONS and definitions is not None:
            done = definitions
        else:
            done = apply_all(context.client, group, component, context.expected, clock, context.reporter)
        for obj in done.values():
            context.cache.put(obj)
        applied |= done
        if position == NAMESPACES:
            _establish(context, component, done, clock)
        elif position == DEFINITIONS:
            unsettled = done
    if not changed:
        _make_secrets(context, rendered, clock)
    if not prepared:
        # Without workloads, its probe's Pods still need images.
        _prepare(context, rendered, clock, work)
    return applied


def _establish(context: InstallContext, component: str, applied: Mapping[Ref, Obj], clock: Clock) -> None:
    """Wait for what the next stages stand on."""
    open_ones = until_ready(context.client, context.cache, component, applied, clock, context.reporter)
    if open_ones:
        raise explain(context.client, component, open_ones, _why_not(clock))


def _why_not(clock: Clock) -> str:
    return f"not ready after {clock}" if clock.left <= 0 else "cannot become ready"


def _prepare(context: InstallContext, rendered: Rendered, clock: Clock, work: Work) -> None:
    """Images come from a queue that all components share: waiting for them is not the component's time."""
    if context.prepare:
        with _timed(work, "images"):
            context.prepare(rendered.component)
        clock.extend(work.seconds["images"])


def _make_secrets(
    context: InstallContext, rendered: Rendered, clock: Clock, kinds: frozenset[str] = generate.KINDS
) -> None:
    name, project = rendered.component.name, context.plan.project
    for spec in rendered.component.secrets:
        if spec.kind not in kinds:
            continue
        ref = ref_for(spec, project)
        created = retry_while_not_ready(
            lambda spec=spec: generate.ensure(context.client, spec, name, project),  # type: ignore[misc]
            ref,
            name,
            context.expected,
            clock,
            context.reporter,
        )
        if created:
            context.reporter.say(f"{name}: {ref} was generated", mark="+")


class _timed:
    def __init__(self, work: Work, name: str) -> None:
        self.work, self.name = work, name

    def __enter__(self) -> None:
        self.start = time.monotonic()

    def __exit__(self, *_: object) -> None:
        nested = self.work.seconds.get("images", 0.0) if self.name == "apply" else 0.0
        self.work.seconds[self.name] = time.monotonic() - self.start - nested
