"""From parameters and history to assignments, on Optuna. A pure function: the same history gives the same answer."""

from slipway_katib.algorithms.settings import NAMES, BadSettings, settings_of
from slipway_katib.algorithms.suggest import Past, suggest

__all__ = ["NAMES", "BadSettings", "Past", "settings_of", "suggest"]
