"""What the interface does, on arrays: the same for REST and gRPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from slipway_tensorflow.errors import ServingError, invalid
from slipway_tensorflow.examples import Example
from slipway_tensorflow.model import DEFAULT_SIGNATURE, Arrays, Model

#: The verbs that take examples: name of the signature's method, and of its outputs.
METHODS = {
    "classify": ("tensorflow/serving/classify", frozenset({"classes", "scores"})),
    "regress": ("tensorflow/serving/regress", frozenset({"outputs"})),
}


def predict(model: Model, name: str, inputs: Mapping[str, np.ndarray[Any, Any]], chosen: Sequence[str]) -> Arrays:
    """``name``: of the signature, "" for the default; ``chosen``: which outputs, all for none."""
    signature = model.signatures.get(name or DEFAULT_SIGNATURE)
    if signature is None:
        raise ServingError("FAILED_PRECONDITION", f'Serving signature key "{name or DEFAULT_SIGNATURE}" not found.')
    filled = {key: tf.make_ndarray(value) for key, value in signature.defaults.items()} | dict(inputs)
    if filled.keys() != signature.inputs.keys():
        extra, missing = (
            sorted(filled.keys() - signature.inputs.keys()),
            sorted(signature.inputs.keys() - filled.keys()),
        )
        raise invalid(
            f"input size does not match signature: {len(filled)}!={len(signature.inputs)}. "
            f"Sent extra: {{{','.join(extra)}}}. Missing but required: {{{','.join(missing)}}}."
        )
    for output in chosen:
        if output not in signature.outputs:
            raise invalid(
                f"output tensor alias not found in signature: {output} Outputs expected to be in the set "
                f"{{{','.join(sorted(signature.outputs))}}}."
            )
        if list(chosen).count(output) > 1:
            raise invalid(f"duplicate output tensor alias: {output}")
    return model.run(name or DEFAULT_SIGNATURE, filled, sorted(chosen or signature.outputs))


def of_examples(model: Model, verb: str, name: str, serialized: Sequence[bytes]) -> Arrays:
    """The outputs of a classify or regress signature for examples (serialized tf.train.Example)."""
    signature = model.signatures.get(name or DEFAULT_SIGNATURE)
    method, known = METHODS[verb]
    noun = {"classify": "classification", "regress": "regression"}[verb]
    if signature is None:
        raise invalid(f"No signature was found with the name: {name or DEFAULT_SIGNATURE}")
    if signature.method_name != method:
        raise invalid(f"Expected {noun} signature method_name to be {method}. Was: {signature.method_name}")
    if set(signature.inputs) != {"inputs"}:
        raise invalid(f"No {noun} inputs found in SignatureDef: its inputs are {', '.join(sorted(signature.inputs))}")
    outputs = sorted(known & set(signature.outputs))
    if not outputs:
        raise invalid(
            f"No {noun} outputs found in SignatureDef: its outputs are {', '.join(sorted(signature.outputs))}"
        )
    if not serialized:
        raise invalid("Input is empty")
    array = np.empty(len(serialized), dtype=object)
    array[:] = list(serialized)
    return model.run(name or DEFAULT_SIGNATURE, {"inputs": array}, outputs)


def serialize(example: Example) -> bytes:
    """Features as lists of one kind of Python's → tf.train.Example."""
    message = tf.train.Example()
    for name, feature in example.items():
        field = message.features.feature[name]
        if not feature:
            continue
        lists = {bytes: field.bytes_list, int: field.int64_list, float: field.float_list}
        lists[type(feature[0])].value.extend(feature)
    return bytes(message.SerializeToString())
