"""Builds many nodes side by side, each after what it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from slipway.artifacts import expected, schedule
from slipway.artifacts.model import Artifact, Node
from slipway.artifacts.stopping import Stop, Stopped, listening
from slipway.artifacts.watch import Watch
from slipway.progress import Reporter

#: How many builds of a kind run at once.
AT_ONCE = schedule.limits(schedule.cores())

Builder = Callable[[Node], Artifact]


def closure(nodes: Mapping[str, Node], wanted: Iterable[str]) -> list[Node]:
    """The wanted nodes and all that they need, needs first."""
    ordered: dict[str, Node] = {}

    def visit(name: str) -> None:
        if name not in ordered:
            for need in nodes[name].needs:
                visit(need)
            ordered[name] = nodes[name]

    for name in wanted:
        visit(name)
    return list(ordered.values())


def run(nodes: list[Node], builder: Builder, reporter: Reporter) -> dict[str, Artifact]:
    """Build nodes (needs first); what is not in the list counts as built. The result is by id.

    On a failure, or when the user interrupts, what runs is stopped with all its programs; the first error is raised.
    """
    chances = expected.of(nodes)
    rank = schedule.ranks(nodes, chances)
    waiting = {node.id: node for node in nodes}
    running: dict[Future[Artifact], Node] = {}
    finished: dict[str, Artifact] = {}
    stop = Stop()
    failure: BaseException | None = None

    def work(node: Node) -> Artifact:
        with reporter.step("artifacts", f"{node.kind} {node.name}") as step, watch.building(node), listening(stop):
            try:
                return builder(node)
            except Stopped as error:
                step.note = error.what
                raise

    with ThreadPoolExecutor(sum(AT_ONCE.values())) as pool, Watch(nodes, chances, reporter) as watch:
        try:
            while waiting or running:
                for node in schedule.choose(waiting.values(), running.values(), rank, AT_ONCE) if not failure else []:
                    del waiting[node.id]
                    running[pool.submit(work, node)] = node
                if not running:
                    break
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    node = running.pop(future)
                    error = future.exception()
                    if error is None:
                        finished[node.id] = future.result()
                    elif failure is None:
                        failure = error
                        stop.set("another build has failed")
        except BaseException:
            # Ctrl-C is heard here only: the pool waits for its threads, and they for their programs.
            stop.set("interrupted")
            raise
    if failure is not None:
        raise failure
    return finished
