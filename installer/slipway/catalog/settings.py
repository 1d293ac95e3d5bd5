"""Values of settings: the check against the declaration, and the text that stands in settings.env."""

from __future__ import annotations

import re
from typing import Any

from slipway.catalog.component import Setting

_QUANTITY = re.compile(r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$")
#: A value that Slipway finds out for itself (see slipway.render.settings).
AUTO = "auto"


def text_of(value: Any) -> str:
    """A value as it stands in settings.env."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def fault(setting: Setting, value: Any) -> str:
    """What is wrong with a value, or ""."""
    if isinstance(value, dict | list) or value is None:
        return "must be a single value"
    text = text_of(value)
    if "\n" in text or "\r" in text:
        return "must be one line"
    if text == AUTO and setting.type == "string":
        return ""
    wrong = _wrong_type(setting, text)
    if wrong:
        return wrong
    if setting.enum is not None and text not in {text_of(item) for item in setting.enum}:
        return f"'{text}' is not possible (one of {', '.join(text_of(item) for item in setting.enum)})"
    if setting.pattern is not None and not re.search(setting.pattern, text):
        return f"'{text}' does not match {setting.pattern}"
    return _out_of_range(setting, text)


def _wrong_type(setting: Setting, text: str) -> str:
    wanted = {
        "integer": (r"^[+-]?[0-9]{1,18}$", "a whole number"),
        "number": (r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$", "a number"),
        "boolean": (r"^(true|false)$", "true or false"),
    }
    if setting.type == "quantity" and not _QUANTITY.match(text):
        return f"must be a quantity such as 500m, 2 or 10Gi, not '{text}'"
    if setting.type in wanted:
        pattern, name = wanted[setting.type]
        if not re.match(pattern, text):
            return f"must be {name}, not '{text}'"
    return ""


def _out_of_range(setting: Setting, text: str) -> str:
    if setting.type not in ("integer", "number"):
        return ""
    number = float(text)
    low, high = setting.minimum, setting.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        bounds = [f"{word} {bound:g}" for word, bound in (("at least", low), ("at most", high)) if bound is not None]
        return f"{text} is out of range ({', '.join(bounds)})"
    return ""
