"""Driving tests/api/killable.py, and looking at what it leaves in a cluster."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from meanwhile import meanwhile
from slipway.kube import Client, NotServed, Obj, ref_of
from slipway.release.state import inventory, lock, revisions
from slipway.release.state.namespace import NAMESPACE
from slipway.render.labels import SELECTOR

SCRIPT = Path(__file__).parent / "killable.py"
#: Fields that the server writes: they tell when and how often, not what.
SERVERS = ("uid", "resourceVersion", "creationTimestamp", "generation", "selfLink")
KILLED = -9


class Runner:
    """The script, as long as it is needed."""

    def __init__(self, kubeconfig: Path, directory: Path) -> None:
        self.directory = directory
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(kubeconfig)], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(self, do: str, root: Path | str = "", **kill: Any) -> int:
        """The exit code of one installation; -9 when it was killed."""
        command = {"do": do, "root": str(root), "kill": kill, "trace": str(self.trace), "said": str(self.said)}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{json.dumps(command)}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def done(self, do: str, root: Path | str = "") -> None:
        """One that must succeed."""
        code = self.run(do, root)
        assert code == 0, self.said.read_text()

    @property
    def trace(self) -> Path:
        """Every request of the last run, one line each."""
        return self.directory / "trace"

    @property
    def said(self) -> Path:
        """What the last run said."""
        return self.directory / "said"

    def requests(self) -> list[str]:
        """The trace."""
        return self.trace.read_text().splitlines()

    def close(self) -> None:
        """No more commands."""
        self.process.kill()
        self.process.communicate()


@contextlib.contextmanager
def running(kubeconfig: Path, directory: Path) -> Iterator[Runner]:
    """The script within a ``with``."""
    runner = Runner(kubeconfig, directory)
    try:
        yield runner
    finally:
        runner.close()


def deployments_run(client: Client) -> contextlib.AbstractContextManager[None]:
    """Writes what the controllers of Deployments would: every pod runs."""

    def run() -> None:
        for obj in client.objects("apps/v1", "Deployment", labels=SELECTOR):
            generation = obj["metadata"]["generation"]
            if (obj.get("status") or {}).get("observedGeneration") != generation:
                count = obj["spec"]["replicas"]
                numbers = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), count)
                status = {"observedGeneration": generation, **numbers}
                client.patch(ref_of(obj), {"status": status}, subresource="status")

    return meanwhile(run)


def state(client: Client, kinds: Iterable[tuple[str, str]]) -> dict[str, Obj]:
    """Every object of Slipway's components as it is meant to be: without what differs between two equal runs."""
    found = {}
    for kind in kinds:
        with contextlib.suppress(NotServed):
            for obj in client.objects(*kind, labels=SELECTOR):
                meta = obj["metadata"]
                if NAMESPACE not in (meta.get("namespace"), meta["name"]):
                    found[f"{kind[0]} {ref_of(obj)}"] = plain(obj)
    return found


def write(root: Path, parts: dict[str, dict[str, Any]]) -> Path:
    """The components as a tree with the overlay ``test``."""
    for name, part in parts.items():
        base, overlay = root / "manifests" / name / "1.0", root / "overlays" / "test" / name
        base.mkdir(parents=True)
        overlay.mkdir(parents=True)
        spec = {"version": "1.0", "edition": "compact", "description": name, "namespace": name, **part.get("spec", {})}
        component = {"apiVersion": "slipway.dev/v1", "kind": "Component", "metadata": {"name": name}, "spec": spec}
        (base / "component.yaml").write_text(yaml.safe_dump(component))
        (base / "objects.yaml").write_text(yaml.safe_dump_all(part["objects"]))
        (base / "kustomization.yaml").write_text(yaml.safe_dump({"resources": ["objects.yaml"]}))
        path = {"resources": [f"../../../manifests/{name}/1.0"]}
        (overlay / "kustomization.yaml").write_text(yaml.safe_dump(path))
    return root


def plain(obj: Obj) -> Obj:
    """The object without the server's fields; of a Secret the keys alone, for its values are random."""
    meta = {key: value for key, value in obj["metadata"].items() if key not in SERVERS}
    meta["managedFields"] = sorted(
        (entry["manager"], json.dumps(entry.get("fieldsV1"), sort_keys=True))
        for entry in meta.get("managedFields", ())
        if entry["manager"].startswith("slipway")
    )
    meta.pop("annotations", None) if obj["kind"] == "Secret" else None
    rest = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    if obj["kind"] == "Secret":
        rest["data"] = sorted(rest.get("data") or {})
    return {**rest, "metadata": meta}


def check_ledger(client: Client, kills: int) -> None:
    """Records are ready, the lock is free, and the history is bounded and tells of no more kills than there were."""
    records = inventory.load_records(client)
    assert {record.state for record in records.values()} <= {"ready"}, records
    # A run that finds nothing to do takes no lock: what a dead one holds counts for nothing.
    lease = client.get(lock.REF.api_version, lock.REF.kind, lock.REF.name, lock.REF.namespace)
    assert lease is None or lock.has_ended(lease["spec"]["holderIdentity"])
    history = revisions.entries(client)
    assert len(history) <= 10
    states = [entry.state for entry in history]
    assert states[-1] == "deployed", states
    assert set(states) <= {"deployed", "interrupted"}, states
    assert states.count("interrupted") <= kills, states
    release = inventory.load_release(client)
    assert release.revision == history[-1].number
    assert set(release.components) >= set(records)
