"""Who holds the Lease of smoke runs, as whoever waits for it sees that."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.kube import Ref
from slipway.kube.lease import API, DURATION, lease
from slipway.kube.observed import MOST, USUAL, Observer, duration
from slipway.smoke.lock import NAME

REF = Ref(API, "Lease", "lab", NAME)


@pytest.mark.parametrize("found", [None, {}, {"spec": None}, {"spec": {}}, {"spec": {"holderIdentity": ""}}])
def test_a_lease_without_a_holder_is_free(found: Any) -> None:
    assert Observer().look(found, 1000.0) == "free"


@given(
    st.text(max_size=30),
    st.floats(min_value=0, max_value=1e6),
    st.lists(st.floats(min_value=0, max_value=8), max_size=9),
)
def test_it_runs_out_by_the_observers_clock_whatever_time_is_in_it(
    time: str, start: float, pauses: list[float]
) -> None:
    found, observer, now = lease(REF, "run-1"), Observer(), start
    found["spec"]["renewTime"] = time
    assert observer.look(found, now) == "silent"
    for pause in pauses:
        now += pause
        assert observer.look(found, now) == ("free" if now - start >= DURATION else "silent")
    assert observer.look(found, start + DURATION + 1) == "free"


@given(st.text(min_size=1), st.text(min_size=1), st.floats(min_value=0, max_value=1e6))
def test_any_change_is_a_sign_of_life(before: str, after: str, waited: float) -> None:
    first, then, observer = lease(REF, "run-1"), lease(REF, "run-1"), Observer()
    first["spec"]["renewTime"], then["spec"]["renewTime"] = before, f"{before}{after}"
    observer.look(first, 0.0)
    assert observer.look(then, waited) == "alive"


@pytest.mark.parametrize(("said", "seconds"), [(None, USUAL), (0, USUAL), (5, 5), (10**9, MOST)])
def test_no_lease_blocks_for_ever(said: Any, seconds: int) -> None:
    assert duration({"leaseDurationSeconds": said}) == seconds
