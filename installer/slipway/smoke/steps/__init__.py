"""The steps: each a function of the context that returns one sentence for people, or raises SlipwayError."""

from __future__ import annotations

from collections.abc import Callable

from slipway.smoke.context import Context
from slipway.smoke.steps.data import data
from slipway.smoke.steps.package import package
from slipway.smoke.steps.pick import pick
from slipway.smoke.steps.predict import predict
from slipway.smoke.steps.serve import serve
from slipway.smoke.steps.train import train
from slipway.smoke.steps.tune import tune

ACTIONS: dict[str, Callable[[Context], str]] = {
    "data": data,
    "tune": tune,
    "train": train,
    "pick": pick,
    "package": package,
    "serve": serve,
    "predict": predict,
}
