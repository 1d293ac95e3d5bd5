"""Up again changes nothing; killed processes come back with their data; down leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import ours
from slipway import paths
from slipway.errors import NotYet
from slipway.kube import Client, Obj
from slipway.kube.gateway_address import gateway_url
from slipway.readiness.probes.hubclient import HubClient

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


def test_a_destroyed_platform_comes_back_from_its_backup(slipway: Slipway, tmp_path: Path) -> None:
    """Users' objects with their states, who may log in, and the files of several users with their owners."""
    kube, file = _client(), tmp_path / "all.backup"
    added = slipway("users", "add", "lifecycle-mate")
    assert added.returncode == 0
    password = added.stdout.strip()
    done: Obj = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "name": "lifecycle-done",
            "namespace": "workbench",
            "labels": {"workflows.argoproj.io/completed": "true", "workflows.argoproj.io/phase": "Succeeded"},
        },
        "spec": {"entrypoint": "a", "templates": [{"name": "a", "suspend": {}}]},
        "status": {"phase": "Succeeded", "progress": "1/1"},
    }
    kube.apply(done, manager="lifecycle-test")
    shared = paths.DATA / "nfs" / "outputs"
    for name, user, mode in (("mine", 4242, 0o600), ("yours", 4343, 0o640)):
        (shared / f"lifecycle-{name}").write_text(name)
        os.chown(shared / f"lifecycle-{name}", user, 100)
        (shared / f"lifecycle-{name}").chmod(mode)
    secret = kube.get("v1", "Secret", "hub-secrets", "jupyterhub") or {}
    words = {"SLIPWAY_BACKUP_PASSPHRASE": "correct horse battery"}

    assert slipway("backup", "create", str(file), "--claims", "workbench/outputs", **words).returncode == 0
    assert slipway("uninstall", "--yes", "--delete-data").returncode == 0
    assert kube.get("v1", "Namespace", "workbench") is None
    for name in ("mine", "yours"):
        (shared / f"lifecycle-{name}").unlink(missing_ok=True)

    assert slipway("backup", "restore", str(file), "--yes", **words).returncode == 0
    kube = _client()
    back = kube.get("argoproj.io/v1alpha1", "Workflow", "lifecycle-done", "workbench") or {}
    assert back["status"] == done["status"]
    assert (kube.get("v1", "Secret", "hub-secrets", "jupyterhub") or {})["data"] == secret["data"]
    seen = {name: (shared / f"lifecycle-{name}") for name in ("mine", "yours")}
    assert {name: (path.read_text(), path.stat().st_uid) for name, path in seen.items()} == {
        "mine": ("mine", 4242),
        "yours": ("yours", 4343),
    }
    assert {name: path.stat().st_mode & 0o777 for name, path in seen.items()} == {"mine": 0o600, "yours": 0o640}
    hub, end = HubClient(gateway_url(kube), "lifecycle-mate"), time.monotonic() + 120
    while True:
        try:
            assert hub.login(password)
            break
        except NotYet:
            assert time.monotonic() < end
            time.sleep(1)


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
