"""What Envoy's container does before it is stopped (preStop): nobody's request may be cut off.

First everything goes on as before, until kube-proxy everywhere has heard that this Pod ends (and, when it is the
only one, its successor is ready). Then Envoy asks clients to leave; at last what is still under way is waited for.
"""

from __future__ import annotations

import asyncio
import os
import time

from slipway_gateway.admin import Admin, EnvoyGone


async def drain(admin: Admin, notice: float, patience: float) -> None:
    """``notice`` and ``patience`` in seconds. An Envoy that is gone already is nothing to wait for."""
    await asyncio.sleep(notice)
    try:
        await admin.request("POST", "/healthcheck/fail")
        await admin.request("POST", "/drain_listeners?graceful&skip_exit")
        end = time.monotonic() + patience
        while await admin.active_requests() and time.monotonic() < end:
            await asyncio.sleep(0.2)
    except EnvoyGone:
        return


def main() -> int:
    notice = float(os.environ.get("GATEWAY_DRAIN_NOTICE", "12"))
    patience = float(os.environ.get("GATEWAY_DRAIN_PATIENCE", "25"))
    asyncio.run(drain(Admin(), notice, patience))
    return 0
