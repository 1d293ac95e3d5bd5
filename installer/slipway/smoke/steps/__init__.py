"""The steps: each a function of the context that returns one sentence for people, or raises SlipwayError."""

from __future__ import annotations

from collections.abc import Callable

from slipway.smoke.context import Context
from slipway.smoke.steps import data, package, pick, predict, serve, train, tune

ACTIONS: dict[str, Callable[[Context], str]] = {
    "data": data.data,
    "tune": tune.tune,
    "train": train.train,
    "pick": pick.pick,
    "package": package.package,
    "serve": serve.serve,
    "predict": predict.predict,
}
