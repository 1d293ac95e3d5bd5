"""TensorFlow's server: JSON of predict, classify and regress, as TensorFlow Serving's REST API has it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from slipway_tensorflow import examples, predict_json
from slipway_tensorflow.errors import ServingError
from slipway_tensorflow.tensors import dumps, tensor, values

THREE = {"tag": "DT_STRING", "signal": "DT_INT32", "sensor": "DT_FLOAT"}


def predict(body: dict[str, Any], types: dict[str, str]) -> tuple[dict[str, Any], str]:
    arrays, form = predict_json.inputs(predict_json.document(json.dumps(body).encode()), types)
    return {name: array.tolist() for name, array in arrays.items()}, form


def test_rows_and_columns_are_the_same_arrays() -> None:
    rows = [
        {"tag": "foo", "signal": [1, 2], "sensor": [[1, 2]]},
        {"tag": "bar", "signal": [3, 4], "sensor": [[0.5, 6]]},
    ]
    columns = {name: [row[name] for row in rows] for name in THREE}
    arrays = {"tag": [b"foo", b"bar"], "signal": [[1, 2], [3, 4]], "sensor": [[[1.0, 2.0]], [[0.5, 6.0]]]}
    assert predict({"instances": rows}, THREE) == (arrays, "rows")
    assert predict({"inputs": columns}, THREE) == (arrays, "columns")


def test_a_single_input_needs_no_name() -> None:
    assert predict({"instances": [[1, 2]]}, {"x": "DT_DOUBLE"})[0] == {"x": [[1.0, 2.0]]}
    assert predict({"instances": [{"x": 1}]}, {"x": "DT_INT64"})[0] == {"x": [1]}
    assert predict({"inputs": 7}, {"x": "DT_UINT8"})[0] == {"x": 7}
    assert predict({"inputs": {"b64": "aGk="}}, {"x": "DT_STRING"})[0] == {"x": b"hi"}
    assert predict({"instances": [{"b64": "_-8"}]}, {"x": "DT_STRING"})[0] == {"x": [b"\xff\xef"]}


@pytest.mark.parametrize(
    ("body", "types", "error"),
    [
        ({}, THREE, "Missing 'inputs' or 'instances' key"),
        ({"inputs": 1, "instances": [1]}, THREE, "only one of"),
        ({"instances": 1}, THREE, "to be an list/array"),
        ({"instances": []}, THREE, "No values in 'instances'"),
        ({"instances": [1]}, THREE, "multiple input tensors required"),
        ({"inputs": [1]}, THREE, "multiple input tensors required"),
        ({"inputs": {"tag": "a"}}, THREE, "Missing named input: signal"),
        ({"instances": [{"tag": "a"}]}, THREE, "element: 0 .* keys must be equal to: sensor,signal,tag"),
        ({"instances": [{"x": 1}, 2]}, {"x": "DT_INT32"}, "Expecting object but got list at item 1"),
        (
            {"instances": [1, True]},
            {"x": "DT_FLOAT"},
            "element: 1 .* Value: true Type: True is not of expected type: float",
        ),
        ({"instances": [1, 2.5]}, {"x": "DT_INT32"}, "element: 1 .* 2.5 Type: Number .* int32"),
        ({"instances": [300]}, {"x": "DT_UINT8"}, "does not fit into DT_UINT8"),
        ({"instances": [None]}, {"x": "DT_STRING"}, "Type: Null is not of expected type: string"),
        ({"instances": [[1, 2], [3]]}, {"x": "DT_FLOAT"}, "unexpected size: 1 at level: 1 expected size: 2"),
        ({"instances": [[1], 2]}, {"x": "DT_FLOAT"}, "incorrect level: 2"),
        ({"instances": [1, [2]]}, {"x": "DT_FLOAT"}, "unexpected level: 1"),
        ({"inputs": {"b64": "!"}}, {"x": "DT_STRING"}, "Unable to base64 decode"),
        ({"inputs": {"x": {"b": 1}}}, {"x": "DT_STRING"}, "not formatted correctly for base64"),
    ],
)
def test_what_does_not_fit_is_named(body: dict[str, Any], types: dict[str, str], error: str) -> None:
    with pytest.raises(ServingError, match=error) as refused:
        predict(body, types)
    assert refused.value.http_status == 400


def test_types_that_json_does_not_have() -> None:
    with pytest.raises(ServingError) as refused:
        tensor([1], "DT_COMPLEX64")
    assert refused.value.http_status == 501


def test_bodies_that_are_no_object() -> None:
    for body, error in ((b"", "document is empty"), (b"{", "JSON Parse error"), (b"[1]", "Is not object")):
        with pytest.raises(ServingError, match=error):
            predict_json.document(body)
    with pytest.raises(ServingError, match="'signature_name' key must be a string"):
        predict_json.signature_name({"signature_name": 1})


def test_answers_in_rows_and_columns() -> None:
    one = {"y": np.array([0.2, 3], np.float32)}
    two = one | {"img_bytes": np.array([b"\xff", b""], dtype=object)}
    assert dumps(predict_json.answer(one, "rows")) == b'{"predictions":[0.2,3.0]}'
    assert predict_json.answer(one, "columns") == {"outputs": [0.2, 3.0]}
    assert predict_json.answer(two, "rows") == {
        "predictions": [{"img_bytes": {"b64": "/w=="}, "y": 0.2}, {"img_bytes": {"b64": ""}, "y": 3.0}]
    }
    assert predict_json.answer(two, "columns")["outputs"]["y"] == [0.2, 3.0]


def test_answers_that_cannot_be_rows() -> None:
    with pytest.raises(ServingError, match="Tensor name: y has no shape information"):
        predict_json.answer({"y": np.array(1.0)}, "rows")
    with pytest.raises(ServingError, match="b has inconsistent batch size: 1 expecting: 2"):
        predict_json.answer({"a": np.zeros(2), "b": np.zeros(1)}, "rows")


def test_numbers_that_json_has_no_word_for_and_strings_of_bytes() -> None:
    assert dumps(values(np.array([np.nan, -np.inf], np.float32), "y")) == b"[NaN,-Infinity]"
    assert dumps(values(np.array([b"\xff"], dtype=object), "y")) == b'["\xff"]'
    assert np.isnan(tensor(json.loads("[NaN]"), "DT_FLOAT")).all()
    with pytest.raises(ServingError, match="complex64"):
        values(np.zeros(1, np.complex64), "y")


def test_examples_share_their_context() -> None:
    read = {
        "context": {"city": "x", "n": 1},
        "examples": [{"n": [2, 3]}, {"f": 0.5, "raw": {"b64": "/w=="}, "yes": True}],
    }
    assert examples.examples(read, "classify") == [
        {"city": [b"x"], "n": [2, 3]},
        {"city": [b"x"], "n": [1], "f": [0.5], "raw": [b"\xff"], "yes": [1]},
    ]


@pytest.mark.parametrize(
    ("read", "error"),
    [
        ({}, "When method is regress, key 'examples' is expected"),
        ({"examples": {}}, "to be an list"),
        ({"examples": []}, "is an empty array"),
        ({"examples": [1]}, "Example must be JSON object"),
        ({"examples": [{"a": [1, "b"]}]}, "Unexpected element type in feature: a expecting type: int64"),
        ({"examples": [{"a": [[1]]}]}, "Feature: a has element with unexpected JSON type"),
        ({"examples": [{"a": 2**63}]}, "Only int64_t is supported"),
    ],
)
def test_examples_that_are_none(read: dict[str, Any], error: str) -> None:
    with pytest.raises(ServingError, match=error):
        examples.examples(read, "regress")


def test_classes_with_and_without_labels() -> None:
    scores, labels = np.array([[0.25, 0.75]], np.float32), np.array([[b"no", b"yes"]], dtype=object)
    assert examples.classes({"scores": scores, "classes": labels}, 1) == [[(b"no", 0.25), (b"yes", 0.75)]]
    assert examples.classes({"scores": scores}, 1) == [[(b"", 0.25), (b"", 0.75)]]
    assert examples.classes({"classes": labels}, 1) == [[(b"no", 0.0), (b"yes", 0.0)]]
    with pytest.raises(ServingError, match=r"scores output batch size of 2. Got: 1"):
        examples.classes({"scores": scores}, 2)


def test_regressions_are_one_number_each() -> None:
    assert examples.regressions({"outputs": np.array([[0.1], [2]], np.float32)}, 2) == [0.1, 2.0]
    for array, error in (
        (np.zeros((2, 2), np.float32), "to be either"),
        (np.zeros(1, np.float32), "Input batch size"),
        (np.zeros(2), "DT_FLOAT"),
    ):
        with pytest.raises(ServingError, match=error):
            examples.regressions({"outputs": array}, 2)
