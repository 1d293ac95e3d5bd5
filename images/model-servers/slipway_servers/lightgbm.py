"""Models of LightGBM: ``model.txt`` or ``model.bst``, as its ``save_model`` writes them."""

from __future__ import annotations

from typing import Any

import lightgbm

from slipway_servers import files


class LightGBMServer:
    """No parameters."""

    def __init__(self, model_uri: str) -> None:
        self.directory = model_uri

    def load(self) -> None:
        """Read the model; called once in each server process, before it takes requests."""
        self.booster = files.loaded(self._read)

    def _read(self) -> lightgbm.Booster:
        return lightgbm.Booster(model_file=str(files.model_file(self.directory, "model.txt", "model.bst")))

    def predict(self, X: Any, names: Any = None, meta: Any = None) -> Any:
        """``X``: rows × features; an array with one row for each."""
        return self.booster.predict(X)

    def init_metadata(self) -> dict[str, Any]:
        """The model's description of itself; asked for before the model is loaded."""
        return files.loaded(lambda: files.metadata(self.directory))
