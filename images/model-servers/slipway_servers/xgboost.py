"""Models of XGBoost: ``model.bst`` as Seldon's, ``model.json`` or ``model.ubj``, XGBoost's present formats."""

from __future__ import annotations

from typing import Any

import numpy as np
import xgboost

from slipway_servers import files


class XGBoostServer:
    """No parameters."""

    def __init__(self, model_uri: str) -> None:
        self.directory = model_uri

    def load(self) -> None:
        """Read the model; called once in each server process, before it takes requests."""
        self.booster = files.loaded(self._read)

    def _read(self) -> xgboost.Booster:
        return xgboost.Booster(model_file=str(files.model_file(self.directory, "model.bst", "model.json", "model.ubj")))

    def predict(self, X: Any, names: Any = None, meta: Any = None) -> Any:
        """``X``: rows × features; an array with one row for each."""
        # Names in a request are not those of the training: columns count, as with Seldon's server.
        return self.booster.predict(xgboost.DMatrix(np.asarray(X, dtype=np.float32)), validate_features=False)

    def init_metadata(self) -> dict[str, Any]:
        """The model's description of itself; asked for before the model is loaded."""
        return files.loaded(lambda: files.metadata(self.directory))
