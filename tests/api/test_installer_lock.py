"""Two installers at once: one goes on, the other is told who is at work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from api_objects import deployment, namespace
from api_server import Server
from eventually import eventually
from killing import deployments_run
from slipway.errors import SlipwayError
from slipway.kube import Client, Ref
from slipway.kube.lease import Held, lease
from slipway.progress import Reporter
from slipway.release.state import journal, revisions
from slipway.release.state.lock import REF, has_ended, identity, installer
from slipway.release.state.namespace import NAMESPACE

#: A cluster of this module's own, for the releases of other tests are of other overlays.
SERVER = "module_server"


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
    place.create(lease(REF, before))
    with installer(place, Reporter()):
        assert holder(place) == identity(os.getpid())


def test_one_of_another_machine_counts_until_its_lease_runs_out(place: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slipway.kube.lease.DURATION", 3)
    other = "operator@elsewhere, process 1 begun at 2-3"
    assert not has_ended(other)
    place.create(lease(REF, other))
    with installer(place, Reporter()):
        assert holder(place) == identity(os.getpid())


def test_of_two_that_find_an_old_lease_one_gets_it(place: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slipway.kube.lease.DURATION", 3)
    place.create(lease(REF, "gone"))
    found = place.get(REF.api_version, REF.kind, REF.name, REF.namespace)
    with installer(place, Reporter()):
        late = Held(place, REF, "late", "installation", Reporter())
        late._wait = lambda: found  # type: ignore[method-assign]  # it looked before the other one had it
        with pytest.raises(SlipwayError, match="one that has just begun"):
            late.__enter__()


def test_two_processes_at_once(module_server: Server, tree: Callable[..., Path], place: Client, unique: str) -> None:
    """The first goes on undisturbed; a second installation and a removal are told who is at work."""
    root = tree({unique: {"objects": [namespace(unique), deployment(unique, "web")]}})
    (root / "images").mkdir()
    start = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(module_server.kubeconfig)]
    environment = {**os.environ, "SLIPWAY_HOME": str(root)}

    def slipway(*words: str) -> subprocess.Popen[str]:
        line = [*start, *words, unique, "--overlay", "test"]
        return subprocess.Popen(line, env=environment, cwd=root, text=True, stdout=-1, stderr=-1)

    first = slipway("install")
    web = Ref("apps/v1", "Deployment", unique, "web")
    eventually(lambda: web_is_there(place, web), "the first is at work")
    others = [slipway("install"), slipway("uninstall")]
    for other in others:
        _, said = other.communicate(timeout=120)
        assert other.returncode == 1
        assert "another installation or removal is under way" in said
        assert f"process {first.pid} begun at" in said
        assert "Traceback" not in said
    assert first.poll() is None
    with deployments_run(place):
        told, said = first.communicate(timeout=120)
    assert first.returncode == 0, told + said
    removed = slipway("uninstall")
    assert removed.wait(120) == 0


def test_an_installation_whose_lock_was_taken_stops(
    module_server: Server, tree: Callable[..., Path], place: Client, unique: str
) -> None:
    """It waits for a Deployment while somebody else takes the Lease: it ends, and touches nothing more."""
    root = tree({unique: {"objects": [namespace(unique), deployment(unique, "web")]}})
    (root / "images").mkdir()
    line = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(module_server.kubeconfig)]
    words, environment = [unique, "--overlay", "test"], {**os.environ, "SLIPWAY_HOME": str(root)}
    first = subprocess.Popen(
        [*line, "install", *words], env=environment, cwd=root, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    eventually(lambda: web_is_there(place, Ref("apps/v1", "Deployment", unique, "web")), "it is at work")
    other = "operator@elsewhere, process 1 begun at 2-3"
    place.patch(REF, {"spec": {"holderIdentity": other}})
    before = {obj["metadata"]["name"]: obj["data"] for obj in place.objects("v1", "ConfigMap", NAMESPACE)}
    told, said = first.communicate(timeout=120)
    assert first.returncode == 1, told + said
    assert f"lost the lock: {other} has taken it; this installation or removal has stopped" in said
    assert "Traceback" not in said
    assert {obj["metadata"]["name"]: obj["data"] for obj in place.objects("v1", "ConfigMap", NAMESPACE)} == before
    assert holder(place) == other
    assert [entry.state for entry in revisions.entries(place)] == ["deploying"]
    assert journal.runs()[-1].ended.startswith("LostLock")
    place.delete(REF)
    with deployments_run(place):
        again = subprocess.run([*line, "install", *words], env=environment, cwd=root, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert [entry.state for entry in revisions.entries(place)] == ["interrupted", "deployed"]
    removed = subprocess.run([*line, "uninstall", *words], env=environment, cwd=root, capture_output=True, text=True)
    assert removed.returncode == 0, removed.stderr


def web_is_there(client: Client, ref: Ref) -> bool:
    return client.get(ref.api_version, ref.kind, ref.name, ref.namespace) is not None
