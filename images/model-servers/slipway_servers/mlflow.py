"""Models that MLflow logged: a directory with ``MLmodel``, by its pyfunc flavour, of the libraries in this image."""

from __future__ import annotations

from typing import Any

import pandas
from mlflow import pyfunc
from seldon_core.user_model import SeldonNotImplementedError

from slipway_servers import files
from slipway_servers.server import StoredModel

XTYPES = ("ndarray", "DataFrame")


class MLFlowServer(StoredModel):
    """Parameters as Seldon's: ``xtype`` is what the model gets, ``ndarray`` by default or ``DataFrame``."""

    def __init__(self, model_uri: str, xtype: str = "ndarray") -> None:
        super().__init__(model_uri)
        self.xtype = xtype
        self.columns: list[str] | None = None

    def _read(self) -> Any:
        if self.xtype not in XTYPES:
            raise files.BadModel(f"xtype is {self.xtype!r}, and must be one of {', '.join(XTYPES)}.")
        try:
            return pyfunc.load_model(str(files.model_file(self.directory, "MLmodel").parent))
        except ModuleNotFoundError as error:
            raise files.BadModel(
                f"the model needs the package {error.name}, which this image does not have."
            ) from error

    def predict(self, X: Any, names: Any = None, meta: Any = None) -> Any:
        """``X``: rows × features; an array, or a table whose columns become the answer's names."""
        if self.xtype == "DataFrame":
            X = pandas.DataFrame(X, columns=list(names) if names is not None and len(names) else None)
        answer = self.model.predict(X)
        if isinstance(answer, pandas.DataFrame):
            self.columns = [str(c) for c in answer.columns]
        return answer.to_numpy() if isinstance(answer, pandas.DataFrame | pandas.Series) else answer

    def class_names(self) -> list[str]:
        """The columns of the last answer; the microservice's own names where it was not a table."""
        if self.columns is None:
            raise SeldonNotImplementedError("the answers are not tables")
        return self.columns
