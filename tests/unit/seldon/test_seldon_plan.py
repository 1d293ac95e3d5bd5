"""What is to do, from what shall be and what is."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldon_examples import predictor, sdep
from slipway_seldon import plan
from slipway_seldon.options import Options
from slipway_seldon.parse import parse
from slipway_seldon.render import render

Obj = dict[str, Any]


def routes(*shares: tuple[str, int]) -> tuple[Obj, ...]:
    """Mappings of predictors with their traffic."""
    return render(parse(sdep(*(predictor(n, traffic=t) for n, t in shares))), Options()).mappings


@pytest.mark.parametrize(
    ("live", "wanted", "same"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": [{"x": 1, "default": 0}]}, {"a": [{"x": 1}]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": None}, {"a": {}}, False),
        ([], {}, False),
    ],
)
def test_defaults_of_the_server_are_no_difference(live: object, wanted: object, same: bool) -> None:
    assert plan.covers(live, wanted) is same


def test_edits_by_hand_and_removed_fields_are_seen() -> None:
    wanted = routes(("a", 0))[0]
    assert not plan.differs(copy.deepcopy(wanted), wanted)
    edited = copy.deepcopy(wanted)
    edited["spec"]["timeout_ms"] = 1
    assert plan.differs(edited, wanted)
    older = copy.deepcopy(wanted)
    older["metadata"]["annotations"]["slipway.dev/spec-hash"] = "older"
    assert plan.differs(older, wanted)
    assert plan.differs(None, wanted)


def test_only_own_objects_count() -> None:
    mine, other = routes(("a", 0))[0], copy.deepcopy(routes(("a", 0))[0])
    other["metadata"]["ownerReferences"][0]["uid"] = "someone"
    going = copy.deepcopy(mine)
    going["metadata"]["deletionTimestamp"] = "now"
    assert plan.owned([mine, other, going], "u-1") == (mine,)


def test_the_gateways_refusal_is_told() -> None:
    mapping = {"metadata": {"name": "m"}, "status": {"state": "Inactive", "reason": "weights over 100"}}
    assert plan.inactive([mapping, {"metadata": {"name": "n"}}]) == (
        "The gateway does not serve Mapping m: weights over 100.",
    )


def test_the_gateway_has_taken_what_it_reports_of_this_generation() -> None:
    def mapping(name: str, **status: Any) -> Obj:
        return {"metadata": {"name": name, "generation": 2}, "status": status}

    taken = mapping("a", state="Running", observedGeneration=2)
    refused = mapping("b", state="Inactive", observedGeneration=2)
    older = mapping("c", state="Running", observedGeneration=1)
    new = {"metadata": {"name": "d"}}
    assert plan.pending([taken, refused, older, new]) == (
        "The gateway has not taken Mapping c yet.",
        "The gateway has not taken Mapping d yet.",
    )


names = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True)


@st.composite
def splits(draw: st.DrawFn) -> tuple[tuple[str, int], ...]:
    chosen = draw(names)
    if len(chosen) == 1:
        return ((chosen[0], 0),)
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=len(chosen) - 1, max_size=len(chosen) - 1)))
    edges = [0, *cuts, 100]
    return tuple((n, b - a) for n, a, b in zip(chosen, edges, edges[1:], strict=False))


@given(splits(), splits())
def test_at_every_moment_each_request_has_a_route(before: tuple[Any, ...], after: tuple[Any, ...]) -> None:
    live = {plan.name_of(m): m for m in routes(*before)}
    wanted = routes(*after)
    for step in plan.mapping_steps(wanted, live.values()):
        if step.verb == "apply":
            live[plan.name_of(step.obj)] = step.obj
        else:
            del live[plan.name_of(step.obj)]
        for kind in ("-rest", "-grpc"):
            weights = [m["spec"].get("weight") for name, m in live.items() if name.endswith(kind)]
            assert None in weights, "without one that takes the rest, requests find no route"
            assert sum(w or 0 for w in weights) <= 100, "over 100 the gateway serves none of them"
    assert list(live) and {n: m["spec"] for n, m in live.items()} == {plan.name_of(m): m["spec"] for m in wanted}
    assert plan.mapping_steps(wanted, live.values()) == ()
