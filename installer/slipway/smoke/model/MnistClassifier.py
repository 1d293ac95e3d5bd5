"""The model as Seldon's Python microservice serves it: a class with predict(X, feature_names).

It needs onnxruntime and numpy, which the serving image has, and model.onnx beside this file.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

FILE = Path(__file__).with_name("model.onnx")


class MnistClassifier:
    """Rows of 784 grey values 0…1 to probabilities of the ten digits."""

    def __init__(self, path: str | Path = FILE) -> None:
        options = onnxruntime.SessionOptions()
        # A row is little work: more threads would only wait for each other.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.class_names = [f"t:{digit}" for digit in range(10)]

    def predict(self, X: Any, feature_names: Any = None, meta: Any = None) -> Any:
        """Probabilities [n, 10] of rows [n, 784]."""
        rows = np.asarray(X, dtype=np.float32).reshape(-1, 784)
        return self.session.run(["probabilities"], {"rows": rows})[0]
