"""The name and the numbers of trials."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slipway_katib.names import Obj
from slipway_katib.validation.problem import Problem

_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_MAX_NAME = 40


def check(name: str, spec: Obj) -> Iterator[Problem]:
    """Problems of metadata.name and of the three counts."""
    if not _NAME.fullmatch(name) or len(name) > _MAX_NAME:
        yield Problem(
            "metadata.name",
            f"{name!r} must start with a lower case letter, consist of lower case letters, digits and '-', "
            f"and not be longer than {_MAX_NAME} characters",
        )
    failed, most, parallel = (spec.get(k) for k in ("maxFailedTrialCount", "maxTrialCount", "parallelTrialCount"))
    if failed is not None and failed < 0:
        yield Problem("spec.maxFailedTrialCount", f"{failed} should not be less than 0")
    if most is not None and most <= 0:
        yield Problem("spec.maxTrialCount", f"{most} must be greater than 0")
    if parallel is not None and parallel <= 0:
        yield Problem("spec.parallelTrialCount", f"{parallel} must be greater than 0")
    if most is None:
        return
    if failed is not None and failed > most:
        yield Problem("spec.maxFailedTrialCount", f"{failed} should be less than or equal to spec.maxTrialCount")
    if parallel is not None and parallel > most:
        yield Problem("spec.parallelTrialCount", f"{parallel} should be less than or equal to spec.maxTrialCount")
