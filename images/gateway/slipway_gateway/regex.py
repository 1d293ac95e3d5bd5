"""Regular expressions as Envoy reads them: RE2, the whole value must match."""

from __future__ import annotations

import re2  # type: ignore[import-untyped]

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


def problem(pattern: str) -> str:
    """Why RE2 refuses ``pattern``; "" when it does not."""
    if not pattern:
        return "it is empty"
    try:
        re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        cause = error.args[0] if error.args else error
        return cause.decode("utf-8", "replace") if isinstance(cause, bytes) else str(cause)
    except (UnicodeError, OverflowError) as error:
        return str(error)
    return ""


def groups(pattern: str) -> int:
    """How many groups ``pattern`` (a valid one) captures."""
    return int(re2.compile(pattern, _OPTIONS).groups)


def escape(text: str) -> str:
    """A pattern that matches exactly ``text``."""
    return str(re2.escape(text))
