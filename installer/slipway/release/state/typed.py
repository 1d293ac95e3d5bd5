"""Whether a value is what its dataclass declares: what was read from elsewhere may be anything."""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_hints = functools.cache(get_type_hints)


def fits(value: Any, hint: Any) -> bool:
    """Whether ``value`` is of the type ``hint``, through and through."""
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(fits(value, arg) for arg in args)
    if origin is Literal:
        return value in args
    if origin is tuple:
        return isinstance(value, tuple) and all(fits(item, args[0]) for item in value)
    if origin in (dict, Mapping):
        return isinstance(value, Mapping) and all(
            fits(key, args[0]) and fits(item, args[1]) for key, item in value.items()
        )
    if isinstance(hint, type) and is_dataclass(hint):
        hints = _hints(hint)
        return isinstance(value, hint) and all(fits(getattr(value, f.name), hints[f.name]) for f in fields(hint))
    # JSON knows no difference between 1 and 1.0, and a bool is an int to Python alone.
    wanted = (int, float) if hint is float else hint
    return isinstance(value, wanted) and (hint is bool or not isinstance(value, bool))
