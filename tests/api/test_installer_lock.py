"""Two installers at once: one goes on, the other is told who is at work."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from api_objects import namespace
from slipway.errors import SlipwayError
from slipway.kube import Client
from slipway.kube.lease import Held, lease
from slipway.progress import Reporter
from slipway.release.inventory import NAMESPACE
from slipway.release.lock import REF, has_ended, identity, installer


@pytest.fixture
def place(client: Client) -> Client:
    """A cluster with the inventory's namespace and no lock."""
    client.apply(namespace(NAMESPACE))
    client.delete(REF)
    return client


def holder(client: Client) -> str:
    found = client.get(REF.api_version, REF.kind, REF.name, REF.namespace)
    return str(found["spec"]["holderIdentity"]) if found else ""


def test_the_second_is_told_who_is_at_work(place: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slipway.kube.lease.RENEWAL", 0.5)
    with (
        installer(place, Reporter()),
        pytest.raises(SlipwayError, match="is under way") as caught,
        installer(place, Reporter()),
    ):
        raise AssertionError("two at once")
    assert f"process {os.getpid()}" in str(caught.value)
    assert holder(place) == ""


def test_one_that_was_killed_here_holds_nothing(place: Client) -> None:
    done = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    before = identity(done.pid)
    assert not has_ended(before)
    done.kill()
    done.wait()
    assert has_ended(before)
    place.create(lease(REF, before, datetime.now(UTC)))
    with installer(place, Reporter()):
        assert holder(place) == identity(os.getpid())


def test_one_of_another_machine_counts_until_its_lease_runs_out(place: Client) -> None:
    other = "operator@elsewhere, process 1 begun at 2-3"
    assert not has_ended(other)
    place.create(lease(REF, other, datetime.now(UTC) - timedelta(seconds=28)))
    with installer(place, Reporter()):
        assert holder(place) == identity(os.getpid())


def test_of_two_that_find_an_old_lease_one_gets_it(place: Client) -> None:
    place.create(lease(REF, "gone", datetime.now(UTC) - timedelta(minutes=5)))
    found = place.get(REF.api_version, REF.kind, REF.name, REF.namespace)
    with installer(place, Reporter()):
        late = Held(place, REF, "late", "installation", Reporter())
        late._wait = lambda: found  # type: ignore[method-assign]  # it looked before the other one had it
        with pytest.raises(SlipwayError, match="one that has just begun"):
            late.__enter__()
