"""The next assignments. Nothing is kept between calls: the study is rebuilt from the Suggestion's own history."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway_katib.algorithms.grid import next_points
from slipway_katib.algorithms.latent import Latent, latent_of
from slipway_katib.algorithms.settings import Number
from slipway_katib.space import Axis

#: The parameters of one trial, in the experiment's order.
Assignment = dict[str, str]


@dataclass(frozen=True)
class Past:
    """A suggestion made before; ``value`` is None while it runs, ``failed`` when it will never have one."""

    assignment: Mapping[str, str]
    value: float | None = None
    failed: bool = False


def suggest(
    algorithm: str,
    settings: Mapping[str, Number],
    axes: Sequence[Axis],
    past: Sequence[Past],
    count: int,
    *,
    maximize: bool,
    salt: str,
) -> list[Assignment]:
    """``count`` assignments. ``salt`` (the experiment's UID) stands for random_state when that is not set.

    Raises BadSettings when a grid is used up.
    """
    salt = str(settings.get("random_state", salt))
    if algorithm == "grid":
        return next_points(axes, [p.assignment for p in past], count, salt)
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    latents = [latent_of(axis) for axis in axes]
    distributions = {latent.name: latent.distribution for latent in latents}
    # Trial k of an experiment is drawn with seed k: a controller that restarts goes on where it was.
    seed = _seed(salt, len(past))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = optuna.create_study(
            sampler=_sampler(algorithm, settings, seed), direction="maximize" if maximize else "minimize"
        )
        if algorithm != "random":
            for one in past:
                _remember(study, one, latents, distributions)
        return [_read(study.ask(distributions).params, latents) for _ in range(count)]


def _seed(salt: str, index: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{salt}/{index}".encode()).digest()[:4], "big")


def _sampler(algorithm: str, settings: Mapping[str, Number], seed: int) -> Any:
    from optuna.samplers import RandomSampler, TPESampler

    if algorithm == "random":
        return RandomSampler(seed=seed)
    if algorithm == "multivariate-tpe":
        options = {key: settings[key] for key in ("n_startup_trials", "n_ei_candidates") if key in settings}
        return TPESampler(seed=seed, multivariate=True, constant_liar=True, **options)
    options = {"n_ei_candidates": settings["n_EI_candidates"]} if "n_EI_candidates" in settings else {}
    if "prior_weight" in settings:
        options["prior_weight"] = settings["prior_weight"]
    # Hyperopt's split into good and bad trials.
    gamma = settings.get("gamma", 0.25)
    return TPESampler(
        seed=seed, constant_liar=True, gamma=lambda n: min(math.ceil(gamma * math.sqrt(n)), 25), **options
    )


def _remember(study: Any, one: Past, latents: Sequence[Latent], distributions: Mapping[str, Any]) -> None:
    """Tell the study of a trial; what does not fit the space (edited by hand) is left out."""
    from optuna.trial import TrialState, create_trial

    try:
        params = {latent.name: latent.encode(one.assignment[latent.name]) for latent in latents}
        state = TrialState.FAIL if one.failed else TrialState.RUNNING
        values = {}
        if one.value is not None and math.isfinite(one.value):
            state, values = TrialState.COMPLETE, {"value": one.value}
        study.add_trial(create_trial(state=state, params=params, distributions=dict(distributions), **values))
    except (KeyError, ValueError, ArithmeticError):
        return


def _read(params: Mapping[str, Any], latents: Sequence[Latent]) -> Assignment:
    return {latent.name: latent.decode(params[latent.name]) for latent in latents}
