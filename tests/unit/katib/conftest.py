"""An API server in memory, for the reconcile loops alone: what the real one does is tested in tests/e2e."""

from __future__ import annotations

import asyncio
import builtins
import copy
from collections.abc import AsyncIterator, Callable
from random import Random
from typing import Any

import pytest
from slipway_controller.api import Api, ApiError
from slipway_controller.queue import Key
from slipway_katib.edge.work import Work
from slipway_katib.names import API_VERSION, controller_of

Obj = dict[str, Any]
NAMESPACE = "team"


class Crash(Exception):
    """The process ends here."""


class World(Api):
    """Objects with resource versions; ``crash_after`` writes the process ends, after the write or before its answer."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Obj] = {}
        self.logs: dict[str, str] = {}
        self.created: list[tuple[str, str]] = []
        self.notes: list[str] = []
        self.writes = 0
        self.crash_after = 0
        self.refuse: dict[str, ApiError] = {}
        self.clock = 0

    def now(self) -> str:
        self.clock += 1
        return f"2026-01-01T{self.clock // 3600 % 24:02}:{self.clock // 60 % 60:02}:{self.clock % 60:02}Z"

    def write(self) -> int:
        self.writes += 1
        return self.writes

    def survived(self) -> None:
        """After the write: crash here when it is time."""
        if self.crash_after and self.writes >= self.crash_after:
            self.crash_after = 0
            raise Crash

    def put(self, obj: Obj) -> Obj:
        obj = copy.deepcopy(obj)
        number = self.write()
        meta = obj["metadata"]
        meta.setdefault("uid", f"uid-{number}")
        meta.setdefault("creationTimestamp", f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z")
        meta["resourceVersion"] = str(number)
        self.objects[obj["kind"], meta["name"]] = obj
        return obj

    async def get(self, api_version: str, kind: str, namespace: str, name: str) -> Obj | None:
        return copy.deepcopy(self.objects.get((kind, name)))

    async def list(self, api_version: str, kind: str, namespace: str, labels: str) -> list[Obj]:
        wanted = dict(pair.split("=") for pair in labels.split(","))
        found = [o for (k, _), o in self.objects.items() if k == kind]
        return copy.deepcopy([o for o in found if wanted.items() <= (o["metadata"].get("labels") or {}).items()])

    async def create(self, obj: Obj) -> None:
        if obj["kind"] == "Event":
            self.notes.append(obj["reason"])
            return
        if error := self.refuse.get(obj["kind"]):
            raise error
        place = (obj["kind"], obj["metadata"]["name"])
        if place in self.objects:
            raise ApiError(409, "already exists")
        self.put(obj)
        self.created.append(place)
        self.survived()

    def _fresh(self, obj: Obj) -> Obj:
        stored = self.objects.get((obj["kind"], obj["metadata"]["name"]))
        if stored is None:
            raise ApiError(404, "not found")
        if stored["metadata"]["resourceVersion"] != obj["metadata"]["resourceVersion"]:
            raise ApiError(409, "the object has been modified")
        return stored

    async def set_status(self, obj: Obj, status: Obj) -> None:
        stored = self._fresh(obj)
        self.put({**stored, "status": status})
        self.survived()

    async def patch(self, obj: Obj, change: Obj) -> None:
        stored = self._fresh(obj)
        merged = {key: {**stored.get(key, {}), **part} for key, part in change.items()}
        if merged.get("metadata", {}).get("finalizers") == []:
            self.objects.pop((obj["kind"], obj["metadata"]["name"]))
        else:
            self.put({**stored, **merged})
        self.survived()

    async def delete(self, obj: Obj, *, foreground: bool = False) -> None:
        self.objects.pop((obj["kind"], obj["metadata"]["name"]), None)
        gone = [
            o for o in self.objects.values() if (controller_of(o) or {}).get("uid") == obj["metadata"].get("uid", "-")
        ]
        for child in gone:
            await World.delete(self, child, foreground=foreground)
        self.write()
        self.survived()

    async def chunks(self, path: str, query: dict[str, str], timeout: Any) -> AsyncIterator[bytes]:
        yield self.logs[path.split("/")[-2]].encode()

    # -- what users, the job controller and the kubelet do --------------------------------------------------------

    def kind(self, kind: str) -> builtins.list[Obj]:
        return [o for (k, _), o in self.objects.items() if k == kind]

    def one(self, kind: str, name: str = "exp") -> Obj:
        return self.objects[kind, name]

    def types(self, kind: str, name: str = "exp") -> builtins.list[tuple[str, str]]:
        conditions = (self.one(kind, name).get("status") or {}).get("conditions") or []
        return [(c["type"], c["status"]) for c in conditions]

    def finish(self, job: Obj, log: str, *, ok: bool = True) -> None:
        """A job ends, its pod too."""
        name = job["metadata"]["name"]
        self.logs[f"{name}-pod"] = log
        code, phase = (0, "Succeeded") if ok else (1, "Failed")
        self.put(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"{name}-pod",
                    "namespace": NAMESPACE,
                    "labels": {"batch.kubernetes.io/job-name": name},
                    "ownerReferences": [{"kind": "Job", "uid": job["metadata"]["uid"], "controller": True}],
                },
                "spec": {"containers": [{"name": "main"}]},
                "status": {
                    "phase": phase,
                    "containerStatuses": [{"name": "main", "state": {"terminated": {"exitCode": code}}}],
                },
            }
        )
        condition = {"type": "Complete" if ok else "Failed", "status": "True"}
        self.put({**job, "status": {"conditions": [condition]}})


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def experiment() -> Callable[..., Obj]:
    """An Experiment with some of its spec replaced; None removes a part."""

    def make(**spec: Any) -> Obj:
        body: Obj = {
            "objective": {"type": "minimize", "objectiveMetricName": "loss"},
            "algorithm": {"algorithmName": "random"},
            "parameters": [
                {"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.01", "max": "0.1"}},
            ],
            "parallelTrialCount": 2,
            "maxTrialCount": 4,
            "maxFailedTrialCount": 2,
            "trialTemplate": {
                "primaryContainerName": "main",
                "trialParameters": [{"name": "rate", "reference": "lr"}],
                "trialSpec": {
                    "apiVersion": "batch/v1",
                    "kind": "Job",
                    "spec": {
                        "template": {
                            "spec": {
                                "containers": [{"name": "main", "command": ["train", "${trialParameters.rate}"]}],
                                "restartPolicy": "Never",
                            }
                        }
                    },
                },
            },
        }
        body = {key: value for key, value in {**body, **spec}.items() if value is not None}
        return {
            "apiVersion": API_VERSION,
            "kind": "Experiment",
            "metadata": {"name": "exp", "namespace": NAMESPACE},
            "spec": body,
        }

    return make


Settle = Callable[..., None]


@pytest.fixture
def settle() -> Settle:
    """Work on every key until nothing changes any more; a crash or a conflict starts a new controller."""

    def run(world: World, seed: int = 1) -> None:
        async def rounds() -> None:
            random = Random(seed)
            for _ in range(60):
                before = world.writes
                work = Work(world, now=world.now, random=random)
                keys = [Key("Experiment", NAMESPACE, o["metadata"]["name"]) for o in world.kind("Experiment")]
                keys += [Key("Trial", NAMESPACE, o["metadata"]["name"]) for o in world.kind("Trial")]
                for key in keys:
                    try:
                        await work(key)
                    except Crash:
                        random = Random(world.writes)
                        break
                if world.writes == before:
                    return
            raise AssertionError("the world does not come to rest")

        asyncio.run(rounds())

    return run


@pytest.fixture
def play(settle: Settle) -> Callable[..., None]:
    """Run an experiment to its end: every job prints what ``log(job)`` says (None: it fails), one after the other."""

    def run(world: World, log: Callable[[Obj], str | None], *, most: int = 50) -> None:
        settle(world)
        for _ in range(most):
            open_jobs = [job for job in world.kind("Job") if "status" not in job]
            if not open_jobs:
                return
            text = log(open_jobs[0])
            world.finish(open_jobs[0], text or "", ok=text is not None)
            settle(world, seed=world.writes)
        raise AssertionError("the experiment does not end")

    return run
