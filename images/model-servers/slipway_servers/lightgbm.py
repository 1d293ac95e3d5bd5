"""Models of LightGBM: ``model.txt`` or ``model.bst``, as its ``save_model`` writes them."""

from __future__ import annotations

from typing import Any

import lightgbm

from slipway_servers import files
from slipway_servers.server import StoredModel


class LightGBMServer(StoredModel):
    """No parameters."""

    def _read(self) -> lightgbm.Booster:
        return lightgbm.Booster(model_file=str(files.model_file(self.directory, "model.txt", "model.bst")))

    def predict(self, X: Any, names: Any = None, meta: Any = None) -> Any:
        """``X``: rows × features; an array with one row for each."""
        return self.model.predict(X)
