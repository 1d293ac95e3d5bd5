"""The Lease with holders whose clocks are off, that are killed, that sleep, and that cannot renew it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from api_objects import namespace
from api_server import Server
from eventually import eventually
from lease_holder import QUICK
from slipway.errors import SlipwayError
from slipway.kube import Client, NoConnection, Obj, Ref
from slipway.kube.lease import API, Held, LostLock
from slipway.progress import Reporter

SERVER = "module_server"
SCRIPT = Path(__file__).parent / "lease_holder.py"
#: Seconds that a holder's clock is off.
OFFSETS = (-60, 0, 600)
Start = Callable[..., "Holder"]


class Holder:
    """The script."""

    def __init__(self, server: Server, ref: Ref, offset: int) -> None:
        words = [str(server.kubeconfig), ref.namespace, ref.name, str(offset)]
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), *words], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.said() == "held"

    def said(self) -> str:
        """Its next line."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def write(self, name: str) -> str:
        """What it says to writing a ConfigMap."""
        assert self.process.stdin
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        return self.said()

    def end(self) -> None:
        """Its input ends."""
        self.process.communicate()


@pytest.fixture
def ref(client: Client, unique: str, monkeypatch: pytest.MonkeyPatch) -> Ref:
    """A Lease that nobody has, in a namespace of its own; this process is as quick as the script."""
    for key, seconds in QUICK.items():
        monkeypatch.setattr(f"slipway.kube.lease.{key}", seconds)
    client.apply(namespace(unique))
    return Ref(API, "Lease", unique, "lock")


@pytest.fixture
def holding(module_server: Server, ref: Ref) -> Iterator[Start]:
    """Starts holders, and ends them."""
    started: list[Holder] = []

    def start(offset: int) -> Holder:
        started.append(Holder(module_server, ref, offset))
        return started[-1]

    yield start
    for holder in started:
        holder.process.kill()
        holder.process.communicate()


def mine(client: Client, ref: Ref) -> Held:
    return Held(client, ref, "me", "test", Reporter())


def holder_of(client: Client, ref: Ref) -> str:
    found = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    return str(found["spec"]["holderIdentity"]) if found else ""


def exists(client: Client, ref: Ref, name: str) -> bool:
    return client.get("v1", "ConfigMap", name, ref.namespace) is not None


@pytest.mark.parametrize("offset", OFFSETS)
def test_one_that_lives_keeps_its_lock(client: Client, ref: Ref, holding: Start, offset: int) -> None:
    holder = holding(offset)
    for _ in range(3):
        with pytest.raises(SlipwayError, match=f"another test is under way \\(holder {offset}\\)"):
            mine(client, ref).__enter__()
    assert holder.write("a") == "written"
    holder.end()
    assert holder_of(client, ref) == ""


@pytest.mark.parametrize("offset", OFFSETS)
def test_one_that_was_killed_counts_as_long_as_any(client: Client, ref: Ref, holding: Start, offset: int) -> None:
    holding(offset).process.kill()
    start = time.monotonic()
    with mine(client, ref):
        assert holder_of(client, ref) == "me"
    # Far less than the ten minutes by which its clock is ahead, however slow this machine is.
    assert time.monotonic() - start < 300


@pytest.mark.parametrize("offset", OFFSETS)
def test_one_that_slept_writes_nothing_more(client: Client, ref: Ref, holding: Start, offset: int) -> None:
    holder = holding(offset)
    holder.process.send_signal(signal.SIGSTOP)
    with mine(client, ref):
        holder.process.send_signal(signal.SIGCONT)
        assert holder.write("late").startswith("lost the lock: me has taken it; this test has stopped")
        assert holder.write("later").startswith("lost the lock")
        holder.end()
        assert holder_of(client, ref) == "me"
        client.create(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own", "namespace": ref.namespace}}
        )
    assert [exists(client, ref, name) for name in ("late", "later", "own")] == [False, False, True]


def test_one_that_slept_and_was_not_missed_goes_on(client: Client, ref: Ref, holding: Start) -> None:
    holder = holding(0)
    holder.process.send_signal(signal.SIGSTOP)
    time.sleep(QUICK["DURATION"] + 1)
    holder.process.send_signal(signal.SIGCONT)
    assert holder.write("late") == "written"


def test_a_lease_that_was_deleted_is_lost(client: Client, ref: Ref, holding: Start) -> None:
    holder = holding(0)
    client.delete(ref)
    eventually(lambda: holder.write(f"a{time.monotonic_ns()}").startswith("lost the lock: it was deleted"), "it stops")


def test_one_taken_and_given_back_is_lost_too(client: Client, ref: Ref, holding: Start) -> None:
    """Somebody else was at work meanwhile: what this one knows of the cluster is old."""
    holder = holding(0)
    holder.process.send_signal(signal.SIGSTOP)
    with mine(client, ref):
        pass
    holder.process.send_signal(signal.SIGCONT)
    assert holder.write("late").startswith("lost the lock: it was deleted")


def test_what_others_write_into_it_takes_nothing_away(client: Client, ref: Ref, holding: Start) -> None:
    holder = holding(0)
    for number in range(3):
        client.patch(ref, {"metadata": {"annotations": {"example.com/seen": str(number)}}})
        before = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)

        def renewed(before: object = before) -> bool:
            return client.get(ref.api_version, ref.kind, ref.name, ref.namespace) != before

        eventually(renewed, "it is renewed")
        assert holder.write(f"a{number}") == "written"


def test_while_the_server_is_away_nothing_is_lost(module_server: Server, client: Client, ref: Ref) -> None:
    program = module_server.programs["kube-apiserver"]
    own: Obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own", "namespace": ref.namespace}}
    with mine(client, ref) as lock:
        program.end()
        time.sleep(QUICK["DURATION"] + 1)
        with pytest.raises(NoConnection):
            client.create(own)
        program.restart()
        eventually(lambda: written(client, own), "it goes on")
        lock.raise_if_lost()


def written(client: Client, obj: Obj) -> bool:
    try:
        client.apply(obj)
    except LostLock:
        raise
    except SlipwayError:
        return False
    return True


def test_one_that_may_not_renew_stops(client: Client, ref: Ref, unique: str) -> None:
    group = "admissionregistration.k8s.io/v1"
    rule = {
        "apiGroups": ["coordination.k8s.io"],
        "apiVersions": ["v1"],
        "operations": ["UPDATE"],
        "resources": ["leases"],
    }
    where = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": unique}}, "resourceRules": [rule]}
    policy = {"matchConstraints": where, "validations": [{"expression": "false", "message": "no renewals"}]}
    policy_ref, binding_ref = (Ref(group, f"ValidatingAdmissionPolicy{end}", "", unique) for end in ("", "Binding"))
    own: Obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own", "namespace": unique}}
    free = Client(client._connection)
    with mine(client, ref) as lock:
        for at, spec in ((policy_ref, policy), (binding_ref, {"policyName": unique, "validationActions": ["Deny"]})):
            free.apply({"apiVersion": group, "kind": at.kind, "metadata": {"name": unique}, "spec": spec})
        eventually(lambda: lost(lock), "it stops")
        with pytest.raises(LostLock, match=r"could not be renewed in 4 s: .*no renewals"):
            client.create(own)
    for at in (binding_ref, policy_ref):
        client.delete(at)
    assert not exists(client, ref, "own")


def lost(lock: Held) -> bool:
    try:
        lock.raise_if_lost()
    except LostLock:
        return True
    return False
