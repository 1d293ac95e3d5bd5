"""A cluster in memory, as far as the operator's order of requests depends on it; the real one is in tests/e2e."""

from __future__ import annotations

import copy
import json
from typing import Any

from slipway_controller.api import Api, ApiError

Obj = dict[str, Any]


class Cluster(Api):
    """Objects by (kind, name) of one namespace; ``requests`` is the log of what changed something."""

    def __init__(self, sdep: Obj) -> None:
        self.objects: dict[tuple[str, str], Obj] = {("SeldonDeployment", sdep["metadata"]["name"]): copy.deepcopy(sdep)}
        self.requests: list[str] = []
        self.invalid: set[str] = set()
        self.broken: dict[str, int] = {}
        self._uids = 0

    async def get(self, api_version: str, kind: str, namespace: str, name: str) -> Obj | None:
        return copy.deepcopy(self.objects.get((kind, name)))

    async def list(self, api_version: str, kind: str, namespace: str, labels: str) -> list[Obj]:
        if kind in self.broken:
            raise ApiError(self.broken[kind], "broken by the test")
        key, _, value = labels.partition("=")
        of_kind = [o for (k, _), o in self.objects.items() if k == kind]
        return copy.deepcopy([o for o in of_kind if o["metadata"].get("labels", {}).get(key) == value])

    async def apply(self, obj: Obj, *, dry_run: bool = False) -> Obj:
        kind, name = obj["kind"], obj["metadata"]["name"]
        if name in self.invalid:
            raise ApiError(422, f"{name} is invalid")
        before = self.objects.get((kind, name), {"metadata": {"uid": "", "generation": 0}})
        if dry_run:
            return copy.deepcopy(obj)
        self._uids += 1
        now = copy.deepcopy(obj)
        changed = json.dumps(before.get("spec")) != json.dumps(now.get("spec"))
        now["metadata"]["generation"] = before["metadata"]["generation"] + int(changed)
        now["metadata"]["uid"] = before["metadata"]["uid"] or f"uid-{self._uids}"
        now["status"] = copy.deepcopy(before.get("status", {}))
        self.objects[(kind, name)] = now
        self.requests.append(f"apply {kind} {name}")
        return copy.deepcopy(now)

    async def set_status(self, obj: Obj, status: Obj) -> None:
        self.objects[("SeldonDeployment", obj["metadata"]["name"])] = copy.deepcopy({**obj, "status": status})

    async def delete(self, obj: Obj, *, foreground: bool = False) -> None:
        del self.objects[(obj["kind"], obj["metadata"]["name"])]
        self.requests.append(f"delete {obj['kind']} {obj['metadata']['name']}")

    def roll_out(self, *, available: bool = True) -> None:
        """What the Deployment controller does, all at once."""
        for (kind, _), obj in self.objects.items():
            if kind == "Deployment":
                count = obj["spec"]["replicas"] if available else 0
                obj["status"] = {
                    "observedGeneration": obj["metadata"]["generation"],
                    "replicas": obj["spec"]["replicas"],
                    "updatedReplicas": obj["spec"]["replicas"],
                    "availableReplicas": count,
                    "conditions": [{"type": "Available", "status": str(available)}],
                }

    def names(self, kind: str) -> set[str]:
        return {name for k, name in self.objects if k == kind}

    def change(self, name: str, spec: Obj) -> None:
        """The user writes another spec."""
        obj = self.objects[("SeldonDeployment", name)]
        obj["spec"] = copy.deepcopy(spec)
        obj["metadata"]["generation"] += 1

    def status(self, name: str) -> Obj:
        found: Obj = self.objects[("SeldonDeployment", name)].get("status", {})
        return found
