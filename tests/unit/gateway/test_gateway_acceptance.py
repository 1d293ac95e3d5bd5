"""Whose fault a refused configuration is, also when the check itself had a bad moment."""

from __future__ import annotations

from collections.abc import Callable

from slipway_gateway.cluster_state import Cluster
from slipway_gateway.compiler import Compiled
from slipway_gateway.model import INACTIVE, RUNNING, Document, Source
from slipway_gateway.validate import Acceptance


def mapping(name: str) -> Document:
    spec = {"hostname": "*", "prefix": f"/{name}/", "service": f"{name}:80"}
    return Document(Source("Mapping", "team", name), name, "team", spec, 1)


def names(compiled: Compiled) -> set[str]:
    return {source.name for source in compiled.prints}


def states(accept: Acceptance, *wanted: str) -> dict[str, str]:
    compiled = accept.accept([mapping(name) for name in wanted], Cluster())
    return {source.name: verdict.state for source, verdict in compiled.verdicts.items()}


def refuses(*together: str) -> Callable[[Compiled], str]:
    """A check that takes everything but a configuration with all of these."""
    return lambda compiled: "no" if set(together) <= names(compiled) else ""


def test_a_check_that_failed_for_a_moment_blames_nobody() -> None:
    answers = iter(["out of threads"])
    assert states(Acceptance(lambda _: next(answers, "")), "a", "b", "c") == dict.fromkeys("abc", RUNNING)


def test_the_faulty_one_is_found_and_stays_out() -> None:
    accept = Acceptance(refuses("b"))
    wanted = {"a": RUNNING, "b": INACTIVE, "c": RUNNING}
    assert states(accept, "a", "b", "c") == wanted
    assert states(accept, "a", "b", "c", "d") == wanted | {"d": RUNNING}


def test_those_that_are_bad_only_together_stay_out_when_they_are_new() -> None:
    accept = Acceptance(refuses("b", "c"))
    assert states(accept, "a", "b") == {"a": RUNNING, "b": RUNNING}
    assert states(accept, "a", "b", "c") == {"a": RUNNING, "b": RUNNING, "c": INACTIVE}


def test_a_second_faulty_one_does_not_free_the_first() -> None:
    asked: list[set[str]] = []

    def check(compiled: Compiled) -> str:
        asked.append(names(compiled))
        return "no" if {"b", "d"} & names(compiled) else ""

    accept = Acceptance(check)
    states(accept, "a", "b")
    assert states(accept, "a", "b", "d") == {"a": RUNNING, "b": INACTIVE, "d": INACTIVE}
    asked.clear()
    states(accept, "a", "b", "d", "e")
    assert asked == [{"a", "e"}]
