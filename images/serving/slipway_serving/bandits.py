"""Multi-armed bandits as routers of a graph: MODEL_NAME=slipway_serving.bandits.EpsilonGreedy (or ThompsonSampling),
SERVICE_TYPE=ROUTER, and ``n_branches`` among the unit's parameters.

A reward is the share of a request's rows that were right, from 0 to 1. What was learned is kept in ``state_file`` (or
BANDIT_STATE_FILE): on a mounted volume it outlives the Pod.
"""

from __future__ import annotations

import logging
import os
import random
from abc import ABC, abstractmethod
from collections import deque
from pathlib import Path
from typing import Any

from slipway_serving.bandit_state import Learned, State

logger = logging.getLogger(__name__)

_REMEMBERED = 10_000  # choices, where history is asked for: a router's memory does not grow with its requests


class Bandit(ABC):
    """What the bandits have in common: parameters of upstream's routers, and feedback."""

    def __init__(
        self,
        n_branches: int | str | None = None,
        verbose: bool = False,
        seed: int | None = None,
        history: bool = False,
        branch_names: str | None = None,
        state_file: str | None = None,
    ) -> None:
        if n_branches is None or int(n_branches) < 1:
            raise ValueError(
                f"the parameter n_branches is {n_branches}, and must be the number of the router's children"
            )
        if verbose:
            logger.setLevel(logging.DEBUG)
        self.n_branches = int(n_branches)
        self.branch_names = branch_names.split(":") if branch_names else [str(i) for i in range(self.n_branches)]
        self.branch_history: deque[int] | None = deque(maxlen=_REMEMBERED) if history else None
        self.chance = random.Random(seed)  # noqa: S311  # a choice of models, no secret
        unit = os.environ.get("PREDICTIVE_UNIT_ID", "router")
        file = state_file or os.environ.get("BANDIT_STATE_FILE") or f"/tmp/bandit-{unit}.json"  # noqa: S108
        self.state = State(Path(file), self.n_branches)

    def route(self, features: Any, feature_names: Any) -> int:
        """The child that gets a request."""
        branch = self.choose(self.state.now())
        if self.branch_history is not None:
            self.branch_history.append(branch)
        logger.debug("branch %s", self.branch_names[branch])
        return branch

    def send_feedback(
        self, features: Any, feature_names: Any, reward: float, truth: Any, routing: int | None = None
    ) -> None:
        """Learn of a request that ``routing`` answered. Raises ValueError where that or the reward cannot be."""
        if routing is None or not 0 <= routing < self.n_branches:
            raise ValueError(f"the feedback's routing is {routing}, and must be below {self.n_branches}")
        if not 0 <= reward <= 1:
            raise ValueError(f"the reward is {reward}, and must be from 0 to 1")
        # A word, or JSON, is one row. Whole rows count, as upstream; the hair's breadth is for rewards like 0.7, which
        # come as 0.69999999.
        rows = (features.shape[0] if getattr(features, "shape", ()) else 1) or 1
        right = min(rows, int(reward * rows * (1 + 1e-6)))
        with self.state.changing() as learned:
            learned.success[routing] += right
            learned.tries[routing] += rows
            learned.best = self.best(learned)

    def best(self, learned: Learned) -> int:
        """The branch with the greatest share of successes; by chance among equals."""
        values = [right / tries if tries else 0.0 for right, tries in zip(learned.success, learned.tries, strict=True)]
        return self.chance.choice([branch for branch, value in enumerate(values) if value == max(values)])

    @abstractmethod
    def choose(self, learned: Learned) -> int: ...


class EpsilonGreedy(Bandit):
    """The best branch so far, and with the probability ``epsilon`` one of the others."""

    def __init__(
        self,
        n_branches: int | str | None = None,
        epsilon: float = 0.1,
        best_branch: int | None = None,
        verbose: bool = False,
        seed: int | None = None,
        history: bool = False,
        branch_names: str | None = None,
        state_file: str | None = None,
    ) -> None:
        super().__init__(n_branches, verbose, seed, history, branch_names, state_file)
        self.epsilon = float(epsilon)
        if not 0 <= self.epsilon <= 1:
            raise ValueError(f"the parameter epsilon is {epsilon}, and must be from 0 to 1")
        self.first = self.chance.randrange(self.n_branches) if best_branch is None else int(best_branch)
        if not 0 <= self.first < self.n_branches:
            raise ValueError(
                f"the parameter best_branch is {best_branch}, and must be a branch below {self.n_branches}"
            )

    def choose(self, learned: Learned) -> int:
        best = self.first if learned.best is None else learned.best
        others = [branch for branch in range(self.n_branches) if branch != best]
        return self.chance.choice(others) if others and self.chance.random() <= self.epsilon else best


class ThompsonSampling(Bandit):
    """Each branch as often as it is likely to be the best: by the beta distribution of its successes and failures."""

    def choose(self, learned: Learned) -> int:
        drawn = [
            self.chance.betavariate(1 + right, 1 + tries - right)
            for right, tries in zip(learned.success, learned.tries, strict=True)
        ]
        return drawn.index(max(drawn))
