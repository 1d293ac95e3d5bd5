"""Up again changes nothing; killed processes come back with their data; down leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable

import ours
from slipway import paths
from slipway.kube import Client, Obj

Slipway = Callable[..., subprocess.CompletedProcess[str]]
KINDS = (("apps/v1", "Deployment"), ("v1", "Service"), ("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "ServiceAccount"))


def _client() -> Client:
    return Client.from_kubeconfig(paths.KUBECONFIG)


def _generations(kube: Client) -> dict[str, object]:
    """What a user or an installer would have changed: the spec's generation, or the version where there is none."""
    found: dict[str, object] = {}
    for api_version, kind in KINDS:
        for obj in kube.objects(api_version, kind, labels="app.kubernetes.io/managed-by=slipway"):
            meta = obj["metadata"]
            key = f"{kind} {meta.get('namespace', '')}/{meta['name']}"
            found[key] = meta.get("generation") or meta["resourceVersion"]
    return found


def test_up_again_changes_nothing(slipway: Slipway) -> None:
    # Other tests may have installed something since the last smoke test: this one settles that.
    assert slipway("up").returncode == 0
    before = _generations(_client())
    assert len(before) > 20
    done = slipway("up")
    assert done.returncode == 0
    assert _generations(_client()) == before
    assert "nothing to do" in done.stdout
    assert "smoke test: recorded" in done.stdout


def test_killed_processes_come_back_with_their_data(slipway: Slipway) -> None:
    kube = _client()
    marker: Obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "lifecycle-marker", "namespace": "workbench"},
        "data": {"written": "before"},
    }
    kube.apply(marker, manager="lifecycle-test")
    file = paths.DATA / "nfs" / "data" / "lifecycle-marker"
    file.write_text("before")

    victims = ours.our_processes()
    assert len(victims) > 20
    for process in victims:
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    assert slipway("status").returncode != 0

    assert slipway("up").returncode == 0
    again = _client().get("v1", "ConfigMap", "lifecycle-marker", "workbench")
    assert again is not None
    assert again["data"] == {"written": "before"}
    assert file.read_text() == "before"


def test_down_keeps_the_data_and_nothing_else(slipway: Slipway) -> None:
    assert slipway("down").returncode == 0
    assert (paths.DATA / "nfs" / "data" / "lifecycle-marker").read_text() == "before"
    assert [process.argv for process in ours.our_processes()] == []
    assert ours.our_mounts() == []
    assert ours.our_devices() == []
    assert ours.our_chains() == []
    assert [name for name in ours.our_directories() if name != str(paths.STATE)] == []
    assert [entry.name for entry in paths.STATE.iterdir()] == [paths.DATA.name]


def test_down_with_data_leaves_nothing(slipway: Slipway) -> None:
    assert slipway("down", "--data").returncode == 0
    assert ours.our_directories() == []


def test_down_on_a_clean_machine_says_so(slipway: Slipway) -> None:
    assert slipway("down").returncode == 0
