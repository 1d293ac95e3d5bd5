"""Bodies of :predict, in rows (``instances`` → ``predictions``) or columns (``inputs`` → ``outputs``). Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from slipway_tensorflow.errors import ServingError, invalid
from slipway_tensorflow.tensors import is_b64, shown, tensor, values

Arrays = dict[str, np.ndarray[Any, Any]]
Form = Literal["rows", "columns"]


def document(body: bytes) -> dict[str, Any]:
    """The body's JSON object; NaN, Infinity and -Infinity are read too."""
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        read = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise invalid(f"JSON Parse error: {error}") from error
    if not isinstance(read, dict):
        raise invalid(f"JSON Value: {shown(read)} Is not object")
    return read


def signature_name(read: Mapping[str, Any]) -> str:
    """The signature that is asked for, "" for the default one."""
    name = read.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {shown(read)} not formatted correctly. 'signature_name' key must be a string value."
        )
    return name


def inputs(read: Mapping[str, Any], types: Mapping[str, str]) -> tuple[Arrays, Form]:
    """The arrays of a request; ``types`` are the signature's inputs: name → ``DT_…``."""
    if "instances" in read and "inputs" in read:
        raise invalid(
            f"JSON Value: {shown(read)} Not formatted correctly expecting only one of 'inputs' or 'instances' "
            "keys to exist"
        )
    if "instances" in read:
        rows = read["instances"]
        if not isinstance(rows, list):
            raise invalid(f"JSON Value: {shown(read)} Expecting 'instances' to be an list/array")
        if not rows:
            raise invalid(f"JSON Value: {shown(read)} No values in 'instances' array")
        return _rows(rows, types), "rows"
    if "inputs" in read:
        return _columns(read["inputs"], types), "columns"
    raise invalid("Missing 'inputs' or 'instances' key")


def _named(value: Any) -> bool:
    return isinstance(value, dict) and not is_b64(value)


def _rows(rows: list[Any], types: Mapping[str, str]) -> Arrays:
    named = _named(rows[0])
    if not named and len(types) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map"
        )
    for number, row in enumerate(rows):
        if _named(row) != named:
            wanted, got = ("object", "list") if named else ("value/list", "object")
            raise invalid(f"Expecting {wanted} but got {got} at item {number} of input list")
        if named and row.keys() != types.keys():
            unknown = sorted(row.keys() - types.keys())
            why = f" JSON object: does not have named input: {unknown[0]}" if unknown else ""
            raise invalid(
                f"Failed to process element: {number} of 'instances' list.{why} JSON object: {shown(row)} keys must be "
                f"equal to: {','.join(sorted(types))}"
            )
    columns = {name: [row[name] for row in rows] for name in types} if named else {next(iter(types)): rows}
    return {name: _column(name, column, types[name]) for name, column in columns.items()}


def _column(name: str, column: list[Any], dtype: str) -> np.ndarray[Any, Any]:
    try:
        return tensor(column, dtype)
    except ServingError as whole:
        # Which row is wrong is found again only when one is.
        for number, value in enumerate(column):
            try:
                tensor(value, dtype)
            except ServingError as error:
                raise ServingError(
                    error.code, f"Failed to process element: {number} key: {name} of 'instances' list. Error: {error}"
                ) from whole
        raise


def _columns(given: Any, types: Mapping[str, str]) -> Arrays:
    if not _named(given):
        if len(types) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
                "tensorinfo_map"
            )
        given = {next(iter(types)): given}
    for name in types:
        if name not in given:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
    return {name: tensor(given[name], dtype) for name, dtype in types.items()}


def answer(outputs: Arrays, form: Form) -> dict[str, Any]:
    """The answer's JSON: one output stands without its name, several are objects."""
    if not outputs:
        raise invalid("Cannot convert empty tensor map to JSON")
    if form == "columns":
        columns = {name: values(outputs[name], name) for name in sorted(outputs)}
        return {"outputs": columns if len(columns) > 1 else next(iter(columns.values()))}
    size: int | None = None
    for name in sorted(outputs):
        if outputs[name].ndim == 0:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if size is not None and outputs[name].shape[0] != size:
            raise invalid(
                f"Tensor name: {name} has inconsistent batch size: {outputs[name].shape[0]} expecting: {size}"
            )
        size = outputs[name].shape[0]
    lists = {name: values(outputs[name], name) for name in sorted(outputs)}
    if len(lists) == 1:
        return {"predictions": next(iter(lists.values()))}
    return {"predictions": [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]}
