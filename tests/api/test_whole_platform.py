"""Every component of the distribution: installed, left alone, removed; the kubelet's part is played by a thread."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from played_node import playing, without_probes
from slipway import paths
from slipway.errors import SlipwayError
from slipway.kube import Client, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.planning.plan import Plan
from slipway.release.removal.uninstall import uninstall
from slipway.release.state import inventory

ROOT = paths.distribution()


@pytest.fixture
def node(client: Client) -> Iterator[None]:
    """The thread that plays the node's part."""
    with playing(client):
        yield


def present(client: Client, refs: set[Ref]) -> set[Ref]:
    found = set()
    for ref in refs:
        with contextlib.suppress(SlipwayError):
            if client.get(ref.api_version, ref.kind, ref.name, ref.namespace):
                found.add(ref)
    return found


@pytest.mark.usefixtures("node")
def test_installed_left_alone_and_removed(client: Client, reporter: Reporter) -> None:
    overlay = "ci"
    rendered = without_probes(overlay)
    plan = Plan(overlay, "workbench", rendered, dict.fromkeys(rendered, 60))
    done = install(plan, client, reporter)
    assert done.ok, [str(outcome.error) for outcome in done.outcomes if outcome.error]
    again = install(plan, client, reporter)
    assert not again.changed, [(outcome.component, outcome.why) for outcome in again.outcomes]
    # The server is shared: other tests' components are in its inventory, too.
    records = inventory.load_records(client)
    everything = {ref for name in rendered for ref in records[name].all}
    removal = uninstall(client, list(rendered), "workbench", reporter, timeout=60)
    left = present(client, everything)
    # What Kubernetes makes in every namespace is not Slipway's to delete; what Slipway said of it is taken back.
    account = Ref("v1", "ServiceAccount", "workbench", "default")
    assert removal.theirs == (account,)
    assert "imagePullSecrets" not in (client.get("v1", "ServiceAccount", "default", "workbench") or {})
    assert left - {account} == present(client, set(removal.kept))
    assert {ref.kind for ref in left - {account}} == {"Namespace", "PersistentVolume", "PersistentVolumeClaim"}
    # Once more, from what stayed, and with the data this time.
    done = install(plan, client, reporter)
    assert done.ok, [str(outcome.error) for outcome in done.outcomes if outcome.error]
    uninstall(client, list(rendered), "workbench", reporter, timeout=60, delete_data=True)
    assert present(client, everything) == set()
