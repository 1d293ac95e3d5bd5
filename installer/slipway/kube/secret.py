"""Secrets as the API gives them."""

from __future__ import annotations

import base64

from slipway.kube.objects import Obj


def texts(secret: Obj) -> dict[str, str]:
    """The values of a Secret; what is not text is replaced."""
    return {
        key: base64.b64decode(value).decode("utf-8", "replace") for key, value in (secret.get("data") or {}).items()
    }
