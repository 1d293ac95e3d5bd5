"""Decides for each artifact where it comes from, and gets those that were published."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from slipway import paths
from slipway.artifacts import fetch, graph, lock, store
from slipway.artifacts.contents import Catalogue
from slipway.artifacts.model import Node
from slipway.artifacts.published import Place, Release, get
from slipway.artifacts.sources import Sources, current
from slipway.artifacts.stopping import Stop, Stopped, listening
from slipway.errors import SlipwayError
from slipway.progress import Reporter

AT_ONCE = 4


def obtain(wanted: Iterable[str], known: Catalogue, reporter: Reporter) -> list[Node]:
    """Get what was published of these nodes; the rest, with all it needs, is given back: it has to be built.

    Raises SlipwayError when the source is ``release`` or ``bundle`` and something cannot be had from it.
    """
    chosen = current()
    todo = [known.nodes[name] for name in dict.fromkeys(wanted) if not store.find(known.nodes[name])]
    if not todo:
        return []
    place, reason = _place(chosen)
    if place is None:
        if chosen.source != "build":
            reporter.say(f"artifacts: built here ({reason})")
        return [node for node in graph.closure(known.nodes, [node.id for node in todo]) if not store.find(node)]
    try:
        return _from(place, todo, known, reporter, strict=chosen.source != "auto")
    finally:
        shutil.rmtree(paths.cache() / "downloads" / "layers", ignore_errors=True)


def _place(chosen: Sources) -> tuple[Place | None, str]:
    """Where published artifacts are, or None and why they are not used."""
    if chosen.source == "build":
        return None, "as configured"
    if chosen.place is not None:
        return chosen.place, ""
    strict = chosen.source == "release"
    if not (chosen.url or chosen.registry):
        return None, "no release is configured"
    if not strict and not chosen.lock_file.is_file():
        return None, f"there is no {chosen.lock_file.name}"
    known = lock.read(chosen.lock_file)
    if strict:
        return Release(known, chosen.url, chosen.registry), ""
    # One question to a server that is not there, instead of one for each artifact.
    impatient = fetch.Patience(connect=5, stall=10)
    url_fault = fetch.answers(chosen.url, impatient) if chosen.url else "none is configured"
    host = chosen.registry.removeprefix("http://").removeprefix("https://").partition("/")[0]
    scheme = "http" if chosen.registry.startswith("http://") else "https"
    registry_fault = fetch.answers(f"{scheme}://{host}/v2/", impatient) if host else "none is configured"
    if url_fault and registry_fault:
        faults = [
            f"{name}: {fault}" for name, fault in ((chosen.url, url_fault), (chosen.registry, registry_fault)) if name
        ]
        return None, "; ".join(faults)
    return Release(known, "" if url_fault else chosen.url, "" if registry_fault else chosen.registry), ""


def _from(place: Place, todo: list[Node], known: Catalogue, reporter: Reporter, *, strict: bool) -> list[Node]:
    build: list[Node] = []
    tried: set[str] = set()
    stop = Stop()
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="artifacts") as pool:
        try:
            while todo:
                tried |= {node.id for node in todo}
                faults = dict(zip(todo, pool.map(lambda node: _try(node, place, reporter, stop), todo), strict=True))
                failed = {node: fault for node, fault in faults.items() if fault}
                if failed and strict:
                    raise next(iter(failed.values())) or AssertionError
                build += failed
                needs = {need for node in failed for need in node.needs} - tried
                todo = [known.nodes[name] for name in sorted(needs) if not store.find(known.nodes[name])]
        except BaseException:
            stop.set("interrupted")  # the pool waits for its threads
            raise
    chosen = {node.id for node in build}
    return [node for node in graph.closure(known.nodes, sorted(chosen)) if node.id in chosen]


def _try(node: Node, place: Place, reporter: Reporter, stop: Stop) -> SlipwayError | None:
    try:
        with listening(stop), reporter.step("artifacts", f"{node.kind} {node.name} from {place.name}", announce=False):
            get(node, place)
    except Stopped:
        raise
    except SlipwayError as error:
        reporter.say(f"artifacts: {node.kind} {node.name}: {error.what} ({error.where})", mark="!")
        return error
    return None
