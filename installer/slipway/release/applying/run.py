"""Carrying out a plan: every component as soon as those that it requires are ready."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, TypeVar

from slipway.catalog.graph import levels
from slipway.errors import SlipwayError
from slipway.kube import Client, Ref
from slipway.kube.lease import Held, LostLock
from slipway.progress import Reporter, Timing
from slipway.release.applying import component as one
from slipway.release.applying import definitions, ledger, skipped
from slipway.release.applying.apply import apply_one
from slipway.release.applying.outcome import Installation, Outcome
from slipway.release.diff import Change
from slipway.release.ownership import adoption, foreign
from slipway.release.planning.assess import assess
from slipway.release.planning.compare import judge
from slipway.release.planning.plan import Action, Plan
from slipway.release.planning.upgrade import refuse
from slipway.release.refusals.classify import Expected, expected_of
from slipway.release.refusals.refusal import error_of as refusal
from slipway.release.state import inventory, journal
from slipway.release.state.lock import installer
from slipway.release.state.namespace import NAMESPACE, namespace_object
from slipway.release.state.revisions import finish
from slipway.release.waiting.retry import retry_while_not_ready
from slipway.release.waiting.watch_cache import WatchCache
from slipway.render.labels import SELECTOR
from slipway.render.origin import located
from slipway.waiting import Clock, Stopped

T = TypeVar("T")


def perform(
    plan: Plan,
    client: Client,
    reporter: Reporter,
    records: Mapping[str, inventory.Record],
    actions: Mapping[str, tuple[Action, str]],
    access: tuple[str, str, one.Prepare | None],
) -> Installation:
    """Under the lock, kept in the journal. ``access``: a node's address, the gateway, and what brings images."""
    refuse(client, plan.rendered.values(), records, reporter)
    taken = _taken(plan, client, records, actions, reporter)
    refused = _refused(plan, client, actions, reporter)
    # One that an uninstallation has just deleted is waited for.
    apply_one(client, namespace_object(), "inventory", Expected(), Clock(INVENTORY_SECONDS), reporter)
    with installer(client, reporter) as lock:
        # Whoever held the lock before may have changed what there is.
        if (current := inventory.load_records(client)) != records:
            records, actions = current, assess(plan, client, current)
            refuse(client, plan.rendered.values(), records)
            taken = _taken(plan, client, records, actions)
            refused = _refused(plan, client, actions)
        adoption.mark(client, taken)
        journal.tell_of_killed(client.server, reporter)
        with journal.keeping(client.server, plan.origin.action, reporter) as end:
            done = _carry_out(plan, client, reporter, records, actions, access, lock, refused)
            end("done" if done.ok else "failed")
        return done


def _taken(
    plan: Plan,
    client: Client,
    records: Mapping[str, inventory.Record],
    actions: Mapping[str, tuple[Action, str]],
    reporter: Reporter | None = None,
) -> list[Ref]:
    """What is not Slipway's and is taken over. Raises SlipwayError, before anything is changed, for what may not be."""
    todo = [plan.rendered[name] for name, (action, _) in actions.items() if action == "apply"]
    others = foreign.look(client, plan.project, todo, records)
    foreign.refuse(others, plan.adopt)
    taken = others.adopted(plan.adopt)
    for text in foreign.sentences(taken) if reporter else ():
        reporter.say(f"{text}: taken over", mark="!")  # type: ignore[union-attr]
    return [*others.used, *taken]


def _refused(
    plan: Plan, client: Client, actions: Mapping[str, tuple[Action, str]], reporter: Reporter | None = None
) -> dict[str, SlipwayError]:
    """Why components cannot be applied, found out before anything is written; what is made anew is reported.

    Raises SlipwayError naming all of it where the plan is carried out whole or not at all.
    """
    todo = {name: plan.rendered[name] for name, (action, _) in actions.items() if action == "apply"}
    refused: dict[str, list[Change]] = {}
    for change in judge(client, todo, _expected(plan)):
        if change.action == "invalid":
            refused.setdefault(change.component, []).append(change)
        elif reporter:
            reporter.say(f"{change.component}: {change.ref}: {change.why}", mark="±")
    errors = {name: refusal(name, changes) for name, changes in refused.items()}
    for name, error in errors.items():
        error.where = located(error.where, plan.rendered[name].files)
    if errors and plan.whole:
        details = (line for _, error in sorted(errors.items()) for line in str(error).splitlines())
        raise SlipwayError("this would be refused; nothing was changed", details=tuple(details))
    return errors


def _expected(plan: Plan) -> Expected:
    return expected_of((obj for item in plan.rendered.values() for obj in item.objects), plan.replace)


def _carry_out(
    plan: Plan,
    client: Client,
    reporter: Reporter,
    records: Mapping[str, inventory.Record],
    actions: Mapping[str, tuple[Action, str]],
    access: tuple[str, str, one.Prepare | None],
    lock: Held,
    refused: Mapping[str, SlipwayError],
) -> Installation:
    """Every component's action, and the release that follows from it."""
    order, (node_ip, gateway, prepare) = [name for wave in levels(plan.requires) for name in wave], access
    before, start = inventory.load_release(client), time.monotonic()
    number = _patiently(lambda: ledger.open_revision(client, plan, before, actions, records), reporter)
    expected = _expected(plan)
    try:
        with _watch_cache(client) as cache:
            context = one.InstallContext(
                client, cache, plan, expected, records, reporter, gateway, node_ip, prepare, refused
            )
            outcomes = _Run(context, actions, lock).go(order)
    except BaseException:
        # Ctrl-C, a signal, or what nobody thought of. Where the lock is lost, whoever has it says so.
        with suppress(SlipwayError):
            # Whatever this cannot say is found out by the next run.
            if number:
                finish(client, number, "interrupted", time.monotonic() - start)
        raise
    release = before
    if number or before.damage or not before.revision:
        # One whose record is damaged or lost is written again, although nothing was to be applied.
        newest = number or before.revision or _patiently(lambda: ledger.newest(client), reporter)
        installed = {name: version for name, version in before.components.items() if name in records}
        uid = before.cluster or _patiently(lambda: inventory.cluster_uid(client), reporter)
        release = _next_release(plan, replace(before, components=installed, cluster=uid, damage=()), outcomes, newest)
        _patiently(lambda: inventory.save_release(client, release), reporter)
    if number:
        good = all(outcome.result in ("ready", "unchanged") for outcome in outcomes.values())
        _patiently(lambda: finish(client, number, "deployed" if good else "failed", time.monotonic() - start), reporter)
    return Installation(tuple(outcomes[name] for name in order), release)


def _patiently(action: Callable[[], T], reporter: Reporter) -> T:
    """What is written beside the components, although the API server may be away for a moment."""
    ref = Ref("v1", "Namespace", "", NAMESPACE)
    return retry_while_not_ready(action, ref, "inventory", Expected(), Clock(INVENTORY_SECONDS), reporter)


@contextmanager
def _watch_cache(client: Client) -> Iterator[WatchCache]:
    cache = WatchCache(client, SELECTOR)
    try:
        yield cache
    finally:
        cache.close()


def _next_release(
    plan: Plan, release: inventory.Release, outcomes: Mapping[str, Outcome], number: int
) -> inventory.Release:
    versions = dict(release.components)
    versions |= {o.component: o.version for o in outcomes.values() if o.result in ("ready", "unchanged")}
    return replace(release, revision=number, overlay=plan.overlay, project=plan.project, components=versions)


INVENTORY_SECONDS = 60.0
#: How long an interrupted installation waits for its threads, whose probes remove their own objects.
STOP_SECONDS = 15.0


class _Run:
    """One run over the graph: what has ended, what runs, what may start."""

    def __init__(self, context: one.InstallContext, actions: Mapping[str, tuple[Action, str]], lock: Held) -> None:
        self.actions, self.outcomes, self.lock = actions, dict[str, Outcome](), lock
        self.stop = threading.Event()
        self.context = replace(context, ahead=definitions.begin(context, definitions.new(context, actions), self.stop))

    def go(self, order: list[str]) -> dict[str, Outcome]:
        """Until every component has its outcome."""
        requires, running = self.context.plan.requires, dict[Future[Outcome], str]()
        rest = list(order)
        for name in (name for name in order if requires[name] and self.actions[name][0] != "unchanged"):
            self.context.reporter.doing(name, "pending", f"after {', '.join(requires[name])}")
        pool = ThreadPoolExecutor(max_workers=max(len(order), 1), thread_name_prefix="component")
        try:
            while rest or running:
                for name in self._startable(rest, requires):
                    rest.remove(name)
                    running[pool.submit(self._one, name)] = name
                for name in self._skipped(rest, requires):
                    rest.remove(name)
                    running[pool.submit(self._skip, name)] = name
                if running:
                    done, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                    for future in done:
                        self.outcomes[running.pop(future)] = future.result()
                self.lock.raise_if_lost()
        except BaseException:
            # Ctrl-C, or the lock is somebody else's: the components' threads end at their next look at the clock.
            self.stop.set()
            names = ", ".join(sorted(running.values()))
            self.context.reporter.say(f"stopping{': ' + names if names else ''}", mark="!", state="stopping")
            under_way: list[Future[Any]] = [*running, *self.context.ahead.values()]
            wait(under_way, timeout=STOP_SECONDS)
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return self.outcomes

    def _startable(self, rest: list[str], requires: Mapping[str, tuple[str, ...]]) -> list[str]:
        good = {name for name, outcome in self.outcomes.items() if outcome.result in ("ready", "unchanged")}
        # What must fail anyhow is reported at once.
        hopeless = definitions.failed(self.context.ahead) | self.context.refused.keys()
        return [name for name in rest if name in hopeless or all(other in good for other in requires[name])]

    def _bad(self) -> set[str]:
        return {name for name, outcome in self.outcomes.items() if outcome.result in ("failed", "skipped")}

    def _skipped(self, rest: list[str], requires: Mapping[str, tuple[str, ...]]) -> list[str]:
        bad = self._bad()
        return [name for name in rest if any(other in bad for other in requires[name])]

    def _skip(self, name: str) -> Outcome:
        cause = next(other for other in self.context.plan.requires[name] if other in self._bad())
        text, why = f"{name}: skipped, it requires {cause}", f"it requires {cause}"
        self.context.reporter.say(text, mark="✗", subject=name, state="skipped", waits_for=cause)
        skipped.leave(self.context, name, why, self.stop)
        component = self.context.plan.rendered[name].component
        return Outcome(
            name, component.version, component.edition, "skipped", why, applied=self.actions[name][0] == "apply"
        )

    def _one(self, name: str) -> Outcome:
        rendered, (action, why) = self.context.plan.rendered[name], self.actions[name]
        component, reporter = rendered.component, self.context.reporter
        blank = Outcome(name, component.version, component.edition, "unchanged", why, applied=action == "apply")
        if action == "unchanged":
            return blank
        clock = Clock(self.context.plan.timeouts.get(name, component.timeout), self.stop)
        begun = "installing" if action == "apply" else "waiting for it"
        reporter.say(f"{name}: {begun} ({why})", mark="·", subject=name, state=begun.partition(" ")[0])
        reporter.doing(name, begun.partition(" ")[0], clock=clock)
        start = time.monotonic()
        try:
            work = (one.install if action == "apply" else one.recover)(self.context, rendered, clock)
        except Stopped:
            return replace(blank, result="failed", why="interrupted")
        except LostLock:
            # Not this component's failure, and all of them stop.
            raise
        except SlipwayError as error:
            seconds = time.monotonic() - start
            reporter.timings.append(Timing("install", name, seconds, False))
            ended = f"{name}: failed after {seconds:.1f} s"
            reporter.say(ended, mark="✗", subject=name, state="failed", seconds=round(seconds, 3), error=error.what)
            reporter.say(str(error))
            return replace(blank, result="failed", error=error, seconds={"all": seconds})
        seconds = time.monotonic() - start
        reporter.timings.append(Timing("install", name, seconds))
        sentences = "; ".join(p.sentence for p in work.probes if p.sentence)
        ended = f"{name}: ready ({seconds:.1f} s){': ' + sentences if sentences else ''}"
        reporter.say(ended, mark="✓", subject=name, state="ready", seconds=round(seconds, 3))
        return replace(blank, result="ready", seconds=work.seconds, probes=tuple(work.probes))
