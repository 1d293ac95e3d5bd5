"""Models of scikit-learn: ``model.joblib`` (also ``model.pickle``, ``model.pkl``)."""

from __future__ import annotations

from typing import Any

import joblib

from slipway_servers import files

METHODS = ("predict_proba", "predict", "decision_function", "transform")


class SKLearnServer:
    """Parameters as Seldon's: ``method`` is predict_proba by default."""

    def __init__(self, model_uri: str, method: str = "predict_proba") -> None:
        self.directory, self.method = model_uri, method

    def load(self) -> None:
        """Read the model; called once in each server process, before it takes requests."""
        self.model = files.loaded(self._read)

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

    def init_metadata(self) -> dict[str, Any]:
        """The model's description of itself; asked for before the model is loaded."""
        return files.loaded(lambda: files.metadata(self.directory))
