"""Bandits: which child they choose, what they learn, and that what they learned stays."""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from slipway_serving.bandits import Bandit, EpsilonGreedy, ThompsonSampling

ROWS = np.zeros((10, 4))


def shares(router: Bandit, times: int = 20_000) -> dict[int, float]:
    counted = Counter(router.route(None, None) for _ in range(times))
    return {branch: counted[branch] / times for branch in range(router.n_branches)}


def test_epsilon_is_the_share_of_the_other_branches(tmp_path: Path) -> None:
    router = EpsilonGreedy(3, epsilon=0.2, best_branch=0, seed=1, state_file=str(tmp_path / "s"))
    found = shares(router)
    assert found[0] == pytest.approx(0.8, abs=0.02)
    assert found[1] == pytest.approx(0.1, abs=0.02)


def test_feedback_makes_another_branch_the_best(tmp_path: Path) -> None:
    router = EpsilonGreedy("3", best_branch=0, seed=1, state_file=str(tmp_path / "s"))
    router.send_feedback(ROWS, [], 0.3, None, routing=0)
    router.send_feedback(ROWS, [], 0.9, None, routing=2)
    assert shares(router)[2] > 0.85
    assert json.loads((tmp_path / "s").read_text()) == {"success": [3, 0, 9], "tries": [10, 0, 10], "best": 2}


def test_thompson_sampling_finds_the_better_branch_and_still_tries_the_unknown(tmp_path: Path) -> None:
    router = ThompsonSampling(3, seed=1, state_file=str(tmp_path / "s"))
    assert shares(router)[0] == pytest.approx(1 / 3, abs=0.02)
    for _ in range(20):
        router.send_feedback(ROWS, [], 0.2, None, routing=0)
        router.send_feedback(ROWS, [], 0.8, None, routing=1)
    found = shares(router)
    assert found[0] == 0
    assert found[1] > found[2] > 0.05  # branch 2 was never tried: it may be anything


def test_what_was_learned_outlives_the_process(tmp_path: Path) -> None:
    file = str(tmp_path / "volume" / "s")
    EpsilonGreedy(2, state_file=file).send_feedback(ROWS, [], 1, None, routing=1)
    again = EpsilonGreedy(2, best_branch=0, epsilon=0, state_file=file)
    assert shares(again, 100) == {0: 0, 1: 1}
    more = EpsilonGreedy(3, epsilon=0, state_file=file)  # a child was added
    more.send_feedback(ROWS, [], 0, None, routing=2)
    assert json.loads(Path(file).read_text())["tries"] == [0, 10, 10]


def _learn(file: str) -> None:
    router = ThompsonSampling(2, state_file=file)
    for _ in range(25):
        router.send_feedback("a word", [], 1, None, routing=1)


def test_processes_learn_together(tmp_path: Path) -> None:
    """REST and gRPC are processes of their own."""
    file = str(tmp_path / "s")
    watching = ThompsonSampling(2, state_file=file)
    processes = [multiprocessing.get_context("fork").Process(target=_learn, args=(file,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert watching.state.now().success == [0, 100]


def test_a_broken_file_is_put_aside(tmp_path: Path) -> None:
    file = tmp_path / "s"
    file.write_text("{")
    router = EpsilonGreedy(2, state_file=str(file))
    router.send_feedback(ROWS, [], 1, None, routing=0)
    assert (tmp_path / "s.broken").read_text() == "{"
    assert json.loads(file.read_text())["success"] == [10, 0]


def test_what_cannot_be_is_told() -> None:
    for wrong, name in (({}, "n_branches"), ({"n_branches": 0}, "n_branches"),
                        ({"n_branches": 2, "epsilon": 2}, "epsilon"),
                        ({"n_branches": 2, "best_branch": 2}, "best_branch")):  # fmt: skip
        with pytest.raises(ValueError, match=name):
            EpsilonGreedy(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("reward", "routing", "said"), [(1, None, "routing"), (1, 2, "routing"), (2, 0, "reward")])
def test_feedback_that_cannot_be_teaches_nothing(tmp_path: Path, reward: float, routing: int | None, said: str) -> None:
    router = EpsilonGreedy(2, state_file=str(tmp_path / "s"))
    with pytest.raises(ValueError, match=said):
        router.send_feedback(ROWS, [], reward, None, routing=routing)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("features", "reward", "learned"),
    [(np.zeros(0), 1, [1, 1]), ("word", 1, [1, 1]), (np.zeros((100, 4)), float(np.float32(0.7)), [70, 100])],
)
def test_rows_and_rewards_as_the_wire_has_them(
    tmp_path: Path, features: object, reward: float, learned: list[int]
) -> None:
    router = EpsilonGreedy(2, state_file=str(tmp_path / "s"))
    router.send_feedback(features, [], reward, None, routing=0)
    now = router.state.now()
    assert [now.success[0], now.tries[0]] == learned


def test_one_branch_is_always_chosen(tmp_path: Path) -> None:
    assert shares(EpsilonGreedy(1, epsilon=1, state_file=str(tmp_path / "s")), 10) == {0: 1}
