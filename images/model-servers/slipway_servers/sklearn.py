"""Models of scikit-learn: ``model.joblib`` (also ``model.pickle``, ``model.pkl``)."""

from __future__ import annotations

from typing import Any

import joblib

from slipway_servers import files
from slipway_servers.server import StoredModel

METHODS = ("predict_proba", "predict", "decision_function", "transform")


class SKLearnServer(StoredModel):
    """Parameters as Seldon's: ``method`` is predict_proba by default."""

    def __init__(self, model_uri: str, method: str = "predict_proba") -> None:
        super().__init__(model_uri)
        self.method = method

    def _read(self) -> Any:
        if self.method not in METHODS:
            raise files.BadModel(f"method is {self.method!r}, and must be one of {', '.join(METHODS)}.")
        model = joblib.load(files.model_file(self.directory, "model.joblib", "model.pickle", "model.pkl"))
        if not hasattr(model, self.method):
            raise files.BadModel(f"{type(model).__name__} has no {self.method}; set the parameter method.")
        return model

    def predict(self, X: Any, names: Any = None, meta: Any = None) -> Any:
        """``X``: rows × features; an array with one row for each."""
        return getattr(self.model, self.method)(X)
