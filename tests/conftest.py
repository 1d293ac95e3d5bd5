"""For every layer: property tests never fail for being slow, in CI with the same examples each time; Ctrl-C,
SIGTERM and SIGHUP end a run properly."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("slipway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "slipway")

# A shell ignores Ctrl-C for what it starts in the background, and so would every command that a test interrupts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Whoever ends a run (a CI, the runner of all layers when it is killed) sends this: fixtures end what they started.
# So does a terminal that is closed.
for number in (signal.SIGTERM, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_DFL:
        signal.signal(number, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """The host's programs of the layers that are run; once, not in each worker."""
    if hasattr(config, "workerinput"):
        return
    from host_programs import operations
    from slipway.errors import SlipwayError
    from slipway.host import packages
    from slipway.progress import Reporter

    try:
        for operation in operations(config.args):
            packages.ensure(operation, Reporter())
    except SlipwayError as error:
        raise pytest.UsageError(str(error)) from error
