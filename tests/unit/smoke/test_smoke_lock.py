"""Who holds the Lease of smoke runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slipway.kube import Ref
from slipway.kube.lease import API, DURATION, alive, lease
from slipway.smoke.lock import NAME

REF = Ref(API, "Lease", "lab", NAME)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(("age", "holder"), [(0, "run-1"), (DURATION - 1, "run-1"), (DURATION + 1, ""), (86400, "")])
def test_a_lease_runs_out(age: int, holder: str) -> None:
    assert alive(lease(REF, "run-1", NOW - timedelta(seconds=age)), NOW) == holder


@pytest.mark.parametrize("spec", [None, {}, {"renewTime": "yesterday", "holderIdentity": "x"}])
def test_a_lease_without_a_time_holds_nothing(spec: Any) -> None:
    assert alive({"spec": spec}, NOW) == ""
