"""One version of a model in memory: a session of TensorFlow's, run by the names of the SavedModel's signatures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import types_pb2

from slipway_tensorflow.errors import ServingError, code_of, invalid

Arrays = dict[str, np.ndarray[Any, Any]]
DEFAULT_SIGNATURE = "serving_default"
# Sessions are what signatures of either kind of SavedModel run in; that they are of old is said at every load.
tf.get_logger().setLevel(logging.ERROR)


class Model:
    """Safe for threads. What it holds is freed when nothing refers to it: requests end with the version they began."""

    def __init__(self, name: str, version: int, directory: str, threads: int, intra_op_threads: int) -> None:
        """Loads; raises what TensorFlow raises on files that it cannot read."""
        self.name, self.version = name, version
        graph = tf.Graph()
        self._session = tf.compat.v1.Session(
            graph=graph,
            config=tf.compat.v1.ConfigProto(
                intra_op_parallelism_threads=intra_op_threads, inter_op_parallelism_threads=threads
            ),
        )
        with graph.as_default():
            loaded = tf.compat.v1.saved_model.load(self._session, [tf.saved_model.SERVING], directory)
        self.signatures: dict[str, Any] = {
            key: signature for key, signature in loaded.signature_def.items() if not key.startswith("__saved_model_")
        }
        self._calls: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Callable[..., Sequence[Any]]] = {}

    def types(self, signature_name: str) -> dict[str, str]:
        """A signature's inputs, name → ``DT_…``."""
        signature = self.signatures[signature_name]
        return {key: str(types_pb2.DataType.Name(info.dtype)) for key, info in signature.inputs.items()}

    def run(self, signature_name: str, inputs: Mapping[str, np.ndarray[Any, Any]], outputs: Sequence[str]) -> Arrays:
        """The outputs of these names. Raises ServingError with the code of what TensorFlow found wrong."""
        key = (signature_name, tuple(sorted(inputs)), tuple(outputs))
        try:
            call = self._calls.get(key) or self._calls.setdefault(key, self._callable(*key))
            answers = call(*(inputs[name] for name in key[1]))
        except tf.errors.OpError as error:
            raise ServingError(
                code_of(error.error_code), error.message.removeprefix("Graph execution error:\n\n")
            ) from error
        except (TypeError, ValueError) as error:
            raise invalid(str(error)) from error
        return {
            name: np.asarray(a, dtype=object if isinstance(a, bytes) else None)
            for name, a in zip(outputs, answers, strict=True)
        }

    def _callable(
        self, signature_name: str, inputs: tuple[str, ...], outputs: tuple[str, ...]
    ) -> Callable[..., Sequence[Any]]:
        signature = self.signatures[signature_name]
        call: Callable[..., Sequence[Any]] = self._session.make_callable(
            [_tensor(name, signature.outputs[name]) for name in outputs],
            feed_list=[_tensor(name, signature.inputs[name]) for name in inputs],
        )
        return call


def _tensor(name: str, info: Any) -> str:
    if info.WhichOneof("encoding") != "name":
        raise ServingError("UNIMPLEMENTED", f"{name} is a sparse or composite tensor, which is not served.")
    return str(info.name)
