"""Addresses of the REST API v1. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from slipway_tensorflow.errors import ServingError, invalid

PREFIX = "/v1/"
_WHICH = r"(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
_POST = re.compile(rf"/v1/models/(?P<name>[^/:]+){_WHICH}:(?P<verb>classify|regress|predict)", re.ASCII | re.IGNORECASE)
_GET = re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{_WHICH}(?:/(?P<verb>metadata))?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Which:
    """A model, and one version of it by number or label; by neither it is the latest."""

    name: str
    version: int | None = None
    label: str | None = None


def parse(method: str, path: str) -> tuple[Which, str]:
    """The model and what is asked: predict, classify, regress, metadata or status.

    ``path`` is as it was sent, percent signs and all. Raises ServingError as TensorFlow Serving answers.
    """
    if not path.lower().startswith(PREFIX):
        raise ServingError("NOT_FOUND", f"Not found: {path}")
    match = {"POST": _POST, "GET": _GET}[method].fullmatch(path) if method in ("POST", "GET") else None
    if match is None:
        raise invalid(f"Malformed request: {method} {path}")
    if match["name"] is None:
        raise invalid("Missing model name in request.")
    version = int(match["version"]) if match["version"] else None
    if version is not None and version >= 2**63:
        raise invalid(f"Failed to convert version: {match['version']} to numeric.")
    label = unquote(match["label"]) if match["label"] else None
    return Which(unquote(match["name"]), version, label), (match["verb"] or "status").lower()
