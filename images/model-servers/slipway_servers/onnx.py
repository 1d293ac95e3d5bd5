"""Models in the ONNX format: ``model.onnx``, or the only file of this ending."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime

from slipway_servers import files
from slipway_servers.server import StoredModel

#: ONNX's name of an element type → numpy's.
TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
}


class ONNXServer(StoredModel):
    """``output``: the name of the output to answer with; the first one by default."""

    def __init__(self, model_uri: str, output: str = "") -> None:
        super().__init__(model_uri)
        self.output = output

    def _read(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        file = files.model_file(self.directory, "model.onnx", "*.onnx")
        session = onnxruntime.InferenceSession(str(file), options)
        outputs = [o.name for o in session.get_outputs()]
        if self.output and self.output not in outputs:
            raise files.BadModel(f"{file.name} has no output {self.output!r}; there are {', '.join(outputs)}.")
        if len(session.get_inputs()) != 1:
            raise files.BadModel(f"{file.name} takes {len(session.get_inputs())} inputs; one is served.")
        self.output = self.output or outputs[0]
        return session

    def predict(self, X: Any, names: Any = None, meta: Any = None) -> Any:
        """``X``: rows × features, or the shape that the model declares; flat rows are brought into that shape."""
        declared = self.model.get_inputs()[0]
        data = np.asarray(X, dtype=TYPES.get(declared.type))
        shape = declared.shape[1:]
        if data.ndim != len(declared.shape) and all(isinstance(n, int) for n in shape):
            data = data.reshape(-1, *shape)
        return self.model.run([self.output], {declared.name: data})[0]
