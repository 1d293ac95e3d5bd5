"""Models of XGBoost: ``model.bst`` as Seldon's, ``model.json`` or ``model.ubj``, XGBoost's present formats."""

from __future__ import annotations

from typing import Any

import numpy as np
import xgboost

from slipway_servers import files
from slipway_servers.server import StoredModel


class XGBoostServer(StoredModel):
    """No parameters."""

    def _read(self) -> xgboost.Booster:
        return xgboost.Booster(model_file=str(files.model_file(self.directory, "model.bst", "model.json", "model.ubj")))

    def predict(self, X: Any, names: Any = None, meta: Any = None) -> Any:
        """``X``: rows × features; an array with one row for each."""
        # Names in a request are not those of the training: columns count, as with Seldon's server.
        return self.model.predict(xgboost.DMatrix(np.asarray(X, dtype=np.float32)), validate_features=False)
