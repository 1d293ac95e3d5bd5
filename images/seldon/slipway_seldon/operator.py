"""The edge: kopf's watches put keys into the queue, workers take them out."""

from __future__ import annotations

from typing import Any

import kopf
from slipway_controller.api import Api
from slipway_controller.operator import QueueOperator
from slipway_controller.queue import Key, WorkQueue

from slipway_seldon.labels import ID
from slipway_seldon.options import Options
from slipway_seldon.reconcile import KIND, Reconciler

#: Names that do not show their owner's (hashes) still carry the owner's reference.
_OWNER = ("machinelearning.seldon.io", KIND)


def key_of(body: Any) -> Key | None:
    """Which SeldonDeployment an owned object belongs to: by its controlling owner, else by the label."""
    meta = body.get("metadata") or {}
    namespace = str(meta.get("namespace", ""))
    for owner in meta.get("ownerReferences") or []:
        if (str(owner.get("apiVersion", "")).partition("/")[0], owner.get("kind")) == _OWNER:
            return Key(KIND, namespace, str(owner["name"]))
    name = (meta.get("labels") or {}).get(ID)
    return Key(KIND, namespace, str(name)) if name else None


class Operator(QueueOperator):
    """Handlers and queue of one process."""

    def __init__(self, options: Options) -> None:
        api = Api("slipway-seldon")
        super().__init__(api, WorkQueue(Reconciler(api, options).reconcile))

    async def changed(self, namespace: str | None, name: str | None, **_: Any) -> None:
        """A SeldonDeployment came, changed or went."""
        self.queue.add(Key(KIND, namespace or "", name or ""))

    async def owned(self, body: Any, **_: Any) -> None:
        """An object that may be a SeldonDeployment's came, changed or went."""
        key = key_of(body)
        if key:
            self.queue.add(key)

    def registry(self) -> kopf.OperatorRegistry:
        """kopf's handlers."""
        registry = super().registry()
        kopf.on.event("machinelearning.seldon.io", "v1", "seldondeployments", registry=registry)(self.changed)
        kopf.on.event("apps", "v1", "deployments", registry=registry)(self.owned)
        kopf.on.event("", "v1", "pods", registry=registry, labels={ID: kopf.PRESENT})(self.owned)
        kopf.on.event("", "v1", "services", registry=registry)(self.owned)
        kopf.on.event("autoscaling", "v2", "horizontalpodautoscalers", registry=registry)(self.owned)
        kopf.on.event("policy", "v1", "poddisruptionbudgets", registry=registry)(self.owned)
        kopf.on.event("getambassador.io", "v2", "mappings", registry=registry)(self.owned)
        return registry
