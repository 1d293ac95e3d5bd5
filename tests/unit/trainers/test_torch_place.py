"""RANK and WORLD_SIZE, as the training operator sets them."""

from __future__ import annotations

import pytest
from slipway_trainer_torch.place import Place, place


@pytest.mark.parametrize(
    ("environment", "expected", "master"),
    [
        ({}, Place(0, 1), True),
        ({"RANK": "0", "WORLD_SIZE": "2"}, Place(0, 2), True),
        ({"RANK": "1", "WORLD_SIZE": "2"}, Place(1, 2), False),
    ],
)
def test_the_place(environment: dict[str, str], expected: Place, master: bool) -> None:
    assert place(environment) == expected
    assert place(environment).master is master


@pytest.mark.parametrize("rank", ["2", "-1", "one"])
def test_a_rank_that_cannot_be_is_refused(rank: str) -> None:
    with pytest.raises(ValueError, match=r"RANK|invalid literal"):
        place({"RANK": rank, "WORLD_SIZE": "2"})
