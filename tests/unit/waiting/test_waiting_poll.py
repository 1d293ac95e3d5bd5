"""The loop that looks again: it ends with what is enough, with the deadline, or when the user wants it to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slipway.errors import NotYet
from slipway.waiting import Clock, Stopped, poll, settle


def test_a_look_that_is_enough_ends_it() -> None:
    seen, told = iter([1, 2, 3, 4]), list[int]()
    assert settle(lambda: next(seen), lambda number: number == 3, Clock(60), every=0, waiting=told.append) == 3
    assert told == [1, 2]


def test_when_time_is_up_it_gives_what_it_saw_last() -> None:
    assert settle(lambda: "still there", lambda seen: False, Clock(0)) == "still there"


def test_a_look_comes_first_however_short_the_time() -> None:
    assert poll(lambda: 42, Clock(0)) == 42


def test_not_yet_is_waited_for_and_told() -> None:
    told = list[str]()
    answers: Iterator[NotYet | str] = iter([NotYet("no port"), NotYet("no route"), "yes"])

    def check() -> str:
        answer = next(answers)
        if isinstance(answer, NotYet):
            raise answer
        return answer

    assert poll(check, Clock(60), every=0, waiting=lambda reason: told.append(reason.what)) == "yes"
    assert told == ["no port", "no route"]


def test_the_last_reason_is_raised_when_time_is_up() -> None:
    def check() -> None:
        raise NotYet("no route", "gateway", "look at it")

    with pytest.raises(NotYet) as caught:
        poll(check, Clock(0))
    assert (caught.value.what, caught.value.remedy) == ("no route", "look at it")


def test_the_pause_depends_on_what_was_waited() -> None:
    asked = list[float]()

    def pause(waited: float) -> float:
        asked.append(waited)
        return 0.0

    seen = iter([1, 2, 3])
    settle(lambda: next(seen), lambda number: number == 3, Clock(60), every=pause)
    assert len(asked) == 2
    assert asked == sorted(asked)


def test_the_user_ends_it_before_the_next_look() -> None:
    clock = Clock(60)
    with pytest.raises(Stopped):
        settle(lambda: 1, lambda number: False, clock, every=0, waiting=lambda _: clock.stop.set())
