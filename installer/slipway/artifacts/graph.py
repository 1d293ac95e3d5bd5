"""Builds many nodes side by side, each after what it needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from slipway.artifacts import process, store
from slipway.artifacts.model import Artifact, Node
from slipway.errors import SlipwayError
from slipway.progress import Reporter

#: How many builds of a kind run at once.
AT_ONCE = {"binary": 2, "image": 2}
_HEARTBEAT = 30.0

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

    On a failure nothing new is started, what runs is finished (and kept), and the first error is raised.
    """
    limits = {kind: threading.Semaphore(count) for kind, count in AT_ONCE.items()}
    waiting = {node.id: node for node in nodes}
    running: dict[Future[Artifact], Node] = {}
    finished: dict[str, Artifact] = {}
    failure: BaseException | None = None

    def work(node: Node) -> Artifact:
        with limits[node.kind]:
            if failure is not None:
                raise SlipwayError("not built: another build has failed", node.id)
            with reporter.step("artifacts", f"{node.kind} {node.name}"), _heartbeat(node, reporter):
                return builder(node)

    with ThreadPoolExecutor(max_workers=sum(AT_ONCE.values())) as pool:
        while waiting or running:
            for node in [] if failure else list(waiting.values()):
                if not any(need in waiting or need in _ids(running) for need in node.needs):
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
    if failure is not None:
        raise failure
    return finished


def _ids(running: Mapping[Future[Artifact], Node]) -> set[str]:
    return {node.id for node in running.values()}


class _heartbeat:
    """Says every half minute how long a build has run and what its log says."""

    def __init__(self, node: Node, reporter: Reporter) -> None:
        self._node, self._reporter = node, reporter
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        start = time.monotonic()
        while not self._ended.wait(_HEARTBEAT):
            log = store.log_path(self._node)
            last = process.last_lines(log, 1)[-1:] if log.is_file() else ()
            seconds = time.monotonic() - start
            self._reporter.waiting(f"{self._node.kind} {self._node.name}", f"{seconds:.0f} s {' '.join(last)[:100]}")
