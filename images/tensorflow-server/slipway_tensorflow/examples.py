"""Bodies of :classify and :regress, and what a model's outputs mean there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from slipway_tensorflow.errors import invalid
from slipway_tensorflow.tensors import b64, is_b64, shown, values

#: A feature is a list of one of: bytes, int, float. An example: feature's name → list.
Example = dict[str, list[Any]]
_KIND = {bytes: "bytes", int: "int64", float: "float"}


def examples(read: Mapping[str, Any], verb: str) -> list[Example]:
    """The examples of a body, each with the common ``context``."""
    context = example(read["context"]) if "context" in read else {}
    if "examples" not in read:
        raise invalid(f"JSON Value: {shown(read)} When method is {verb}, key 'examples' is expected and was not found")
    given = read["examples"]
    if not isinstance(given, list):
        raise invalid(f"JSON Value: {shown(read)} Expecting 'examples' value to be an list/array")
    if not given:
        raise invalid(f"JSON Value: {shown(read)} 'examples' value is an empty array")
    return [{**context, **example(one)} for one in given]


def example(given: Any) -> Example:
    """One object of features, each a value or a list of values of one kind."""
    if not isinstance(given, dict):
        raise invalid(f"Example must be JSON object but got JSON {type(given).__name__}: {shown(given)}")
    return {name: _feature(name, value) for name, value in given.items()}


def _feature(name: str, given: Any) -> list[Any]:
    feature = [_element(name, v) for v in (given if isinstance(given, list) else [given])]
    for value in feature:
        if type(value) is not type(feature[0]):
            raise invalid(f"Unexpected element type in feature: {name} expecting type: {_KIND[type(feature[0])]}")
    return feature


def _element(name: str, value: Any) -> bytes | int | float:
    if is_b64(value):
        return b64(value)
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise invalid(f"Feature: {name} has uint64_t element. Only int64_t is supported.")
        return int(value)
    raise invalid(f"Feature: {name} has element with unexpected JSON type: {shown(value)}")


def classes(outputs: Mapping[str, np.ndarray[Any, Any]], count: int) -> list[list[tuple[bytes, float]]]:
    """Per example its (label, score); ``outputs`` are of a classify signature: ``classes``, ``scores`` or both."""
    labels, scores = outputs.get("classes"), outputs.get("scores")
    for what, array, kind in (("classes", labels, "O"), ("scores", scores, "f")):
        if array is None:
            continue
        if array.ndim != 2:
            raise invalid(f"Expected Tensor shape: [batch_size num_classes] but got {list(array.shape)}")
        if array.dtype.kind != kind:
            raise invalid(f"Expected {what} Tensor of {'DT_STRING' if kind == 'O' else 'DT_FLOAT'}. Got: {array.dtype}")
        if array.shape[0] != count:
            raise invalid(f"Expected {what} output batch size of {count}. Got: {array.shape[0]}")
    if labels is not None and scores is not None and labels.shape != scores.shape:
        raise invalid(
            f"Tensors class and score should match in dim_size(1). Got {labels.shape[1]} vs. {scores.shape[1]}"
        )
    some = labels if labels is not None else scores
    if some is None:
        raise invalid('Expected classification signature outputs to contain at least one of "classes" or "scores".')
    names = labels.tolist() if labels is not None else [[b""] * some.shape[1]] * count
    numbers = values(scores, "scores") if scores is not None else [[0.0] * some.shape[1]] * count
    return [list(zip(n, s, strict=True)) for n, s in zip(names, numbers, strict=True)]


def regressions(outputs: Mapping[str, np.ndarray[Any, Any]], count: int) -> list[float]:
    """One number per example; ``outputs`` are of a regress signature: ``outputs``."""
    array = outputs["outputs"]
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] != 1):
        raise invalid(
            f"Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got {list(array.shape)}"
        )
    if array.shape[0] != count:
        raise invalid(f"Input batch size did not match output batch size: {count} vs. {array.shape[0]}")
    if array.dtype != np.float32:
        raise invalid(f"Expected output Tensor of DT_FLOAT.  Got: {array.dtype}")
    numbers: list[float] = values(array.reshape(-1), "outputs")
    return numbers
