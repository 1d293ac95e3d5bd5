"""TensorFlow Serving behind Seldon's protocol: a request of one goes on as a request of the other."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import requests
from seldon_core.flask_utils import SeldonMicroserviceException

from slipway_servers import files

#: Seconds that TensorFlow may take; the gateway's timeout ends first where it is shorter.
TIMEOUT = 300


class TFServingProxy:
    """Parameters as Seldon's. ``rest_endpoint``: http://host:port; ``model_input`` and ``model_output`` name tensors
    of a model that has several."""

    def __init__(
        self,
        rest_endpoint: str,
        model_name: str,
        grpc_endpoint: str = "",
        model_uri: str = "",
        signature_name: str = "",
        model_input: str = "",
        model_output: str = "",
    ) -> None:
        # grpc_endpoint: Seldon's server asks there for what came over gRPC; here both go one way.
        self.url = f"{rest_endpoint}/v1/models/{model_name}:predict"
        self.directory, self.signature = model_uri, signature_name
        self.input, self.output = model_input, model_output
        self.session = requests.Session()

    def predict(self, X: Any, names: Any = None, meta: Any = None) -> Any:
        """``X``: an array, whose rows are instances; or, as jsonData, a whole request of TensorFlow's API, whose answer
        comes back as it is. Raises SeldonMicroserviceException with TensorFlow's status and reason."""
        if isinstance(X, dict):
            return self._ask(X)
        rows = np.asarray(X).tolist()
        instances = [{self.input: row} for row in rows] if self.input and self.output else rows
        request = {"instances": instances, **({"signature_name": self.signature} if self.signature else {})}
        answers = self._ask(request)["predictions"]
        if self.output and answers and isinstance(answers[0], dict):
            answers = [answer[self.output] for answer in answers]
        array = np.array(answers)
        return array if array.ndim > 1 else np.expand_dims(array, axis=0)

    def _ask(self, request: dict[str, Any]) -> Any:
        try:
            answer = self.session.post(self.url, json=request, timeout=TIMEOUT)
            body = answer.json()
        except requests.RequestException as error:
            print(f"tensorflow: {self.url}: {error}", file=sys.stderr)
            raise SeldonMicroserviceException(
                "TensorFlow does not answer", 503, reason="TENSORFLOW_UNAVAILABLE"
            ) from error
        if answer.status_code != 200:
            reason = body.get("error", body) if isinstance(body, dict) else body
            raise SeldonMicroserviceException(str(reason), answer.status_code, reason="TENSORFLOW_ERROR")
        return body

    def init_metadata(self) -> dict[str, Any]:
        """The model's description of itself."""
        return files.loaded(lambda: files.metadata(self.directory)) if self.directory else {}
