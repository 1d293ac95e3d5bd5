"""Values of JSON → arrays, and back, type by type as TensorFlow Serving maps them. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import numpy as np

from slipway_tensorflow.errors import ServingError, invalid

#: TensorFlow's name of an element type → numpy's, and the types of Python that JSON may give for it.
#: bool is no number here, as it is none in JSON.
NUMBERS: dict[str, tuple[type[np.generic], frozenset[type]]] = {
    "DT_FLOAT": (np.float32, frozenset({float, int})),
    "DT_DOUBLE": (np.float64, frozenset({float, int})),
    "DT_INT8": (np.int8, frozenset({int})),
    "DT_INT16": (np.int16, frozenset({int})),
    "DT_INT32": (np.int32, frozenset({int})),
    "DT_INT64": (np.int64, frozenset({int})),
    "DT_UINT8": (np.uint8, frozenset({int})),
    "DT_UINT32": (np.uint32, frozenset({int})),
    "DT_UINT64": (np.uint64, frozenset({int})),
    "DT_BOOL": (np.bool_, frozenset({bool})),
}
#: Arrays of these kinds of numpy's can be answered in JSON: bool, integers, floats, and bytes as objects.
_KINDS = "biufO"


def shown(value: Any) -> str:
    """A value for a message, cut where it is long."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 256 else text[:256] + "…"


def is_b64(value: Any) -> bool:
    """Bytes, as JSON has to write them: {"b64": text}."""
    return isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str)


def b64(value: dict[str, str]) -> bytes:
    """The bytes of {"b64": text}; the alphabet of URLs and missing padding are taken too."""
    text = value["b64"].replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("Unable to base64 decode") from error


def tensor(value: Any, dtype: str) -> np.ndarray[Any, Any]:
    """A value or nested list as an array of this type (``DT_…``); its shape is that of the lists."""
    shape: list[int] = []
    inner = value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    flat: list[Any] = []
    _flatten(value, shape, 0, flat)
    if dtype == "DT_STRING":
        filled = np.empty(len(flat), dtype=object)
        filled[:] = [_bytes(v) for v in flat]
        return filled.reshape(shape)
    if dtype not in NUMBERS:
        raise ServingError("UNIMPLEMENTED", f"Conversion of JSON Value: {shown(inner)} to type: {dtype}")
    numpy_type, allowed = NUMBERS[dtype]
    if not set(map(type, flat)) <= allowed:
        raise _wrong_type(next(v for v in flat if type(v) not in allowed), dtype)
    try:
        return np.array(flat, dtype=numpy_type).reshape(shape)
    except OverflowError as error:
        raise invalid(f"JSON Value: {shown(value)} does not fit into {dtype}: {error}") from error


def _flatten(value: Any, shape: list[int], level: int, flat: list[Any]) -> None:
    if not isinstance(value, list):
        if level != len(shape):
            raise invalid(
                f"JSON Value: {shown(value)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {len(shape)}"
            )
        flat.append(value)
        return
    if level >= len(shape):
        raise invalid(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
        )
    if level == len(shape) - 1 and list not in set(map(type, value)):
        flat.extend(value)
    else:
        for item in value:
            _flatten(item, shape, level + 1, flat)


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        # A lone surrogate is no character, yet JSON can write one.
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, dict):
        if is_b64(value):
            return b64(value)
        raise invalid(f"JSON Value: {shown(value)} not formatted correctly for base64 data")
    raise _wrong_type(value, "DT_STRING")


def _wrong_type(value: Any, dtype: str) -> ServingError:
    kinds = {bool: str(value), str: "String", dict: "Object", int: "Number", float: "Number", type(None): "Null"}
    kind = kinds.get(type(value), type(value).__name__)
    return invalid(
        f"JSON Value: {shown(value)} Type: {kind} is not of expected type: {dtype.removeprefix('DT_').lower()}"
    )


def values(array: np.ndarray[Any, Any], name: str) -> Any:
    """An array as nested lists for JSON. Strings whose tensor is named ``…_bytes`` become {"b64": text}."""
    if array.dtype.kind not in _KINDS:
        raise invalid(f"Failed to write JSON value for tensor type: {array.dtype}")
    if array.dtype.kind == "O":
        convert = _as_b64 if name.endswith("_bytes") else _as_text
        texts = np.empty(array.size, dtype=object)
        texts[:] = [convert(v) for v in array.reshape(-1)]
        return texts.reshape(array.shape).tolist()
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        # The shortest decimal that is this number; through a double it would carry digits that it does not have.
        return array.astype("U32").astype(np.float64).tolist()
    return array.tolist()


def _as_b64(value: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(value).decode()}


def _as_text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def dumps(document: Any) -> bytes:
    """JSON, with NaN and Infinity where a model answers them; bytes that are no UTF-8 stay what they are."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogateescape")
