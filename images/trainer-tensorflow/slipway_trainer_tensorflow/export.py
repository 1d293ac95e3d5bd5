"""The trained weights as an ONNX file: the graph is written down here, the weights are put into it.

TensorFlow keeps images as [n, height, width, channels] and filters as [height, width, in, out]; ONNX as [n, channels,
height, width] and [out, in, height, width].
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
#: What onnxruntime of the last years reads; the newest onnx would write a newer one.
IR_VERSION = 8
#: "SAME" of a 5x5 filter with stride 2 on 28 or 14 pixels: 1 before, 2 after (TensorFlow pads the end more).
PADS = [1, 1, 2, 2]


def graph(weights: dict[str, NDArray[np.float32]]) -> onnx.ModelProto:
    """The model: input ``rows [n, 784]`` of values 0…1, output ``probabilities [n, 10]``."""
    constants: dict[str, NDArray[np.generic]] = {
        "filters1": weights["conv1"].transpose(3, 2, 0, 1),
        "filters2": weights["conv2"].transpose(3, 2, 0, 1),
        "image": np.array([-1, 1, 28, 28], np.int64),
        "flat": np.array([-1, weights["dense1"].shape[0]], np.int64),
        **{name: weights[name] for name in ("bias1", "bias2", "dense1", "bias3", "dense2", "bias4")},
    }
    conv = {"strides": [2, 2], "pads": PADS}
    nodes = [
        helper.make_node("Reshape", ["rows", "image"], ["images"]),
        helper.make_node("Conv", ["images", "filters1", "bias1"], ["conv1"], **conv),
        helper.make_node("Relu", ["conv1"], ["relu1"]),
        helper.make_node("Conv", ["relu1", "filters2", "bias2"], ["conv2"], **conv),
        helper.make_node("Relu", ["conv2"], ["relu2"]),
        helper.make_node("Transpose", ["relu2"], ["channels-last"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["channels-last", "flat"], ["features"]),
        helper.make_node("Gemm", ["features", "dense1", "bias3"], ["dense"]),
        helper.make_node("Relu", ["dense"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "dense2", "bias4"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    initializers = [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()]
    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", 784])
    probabilities = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 10])
    whole = helper.make_graph(nodes, "digits", [rows], [probabilities], initializers)
    made = helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(made)
    return made


def save(weights: dict[str, NDArray[np.float32]], path: Path) -> int:
    """Write the model; returns its bytes."""
    content = graph(weights).SerializeToString()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
    return len(content)
