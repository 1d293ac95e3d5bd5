"""One SeldonDeployment, brought from what is to what shall be. The only place that decides the order of requests."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from slipway_controller.api import Api, ApiError
from slipway_controller.queue import Key
from slipway_controller.reader import Obj
from slipway_controller.watches import utc_now

from slipway_seldon import names, plan, rollout, status
from slipway_seldon.autoscale import KEDA
from slipway_seldon.causes import causes
from slipway_seldon.labels import ID
from slipway_seldon.model import Model
from slipway_seldon.options import Options
from slipway_seldon.parse import parse
from slipway_seldon.refusal import Refused
from slipway_seldon.render import Desired, render

log = logging.getLogger(__name__)
KIND = "SeldonDeployment"
_API = {
    KIND: "machinelearning.seldon.io/v1",
    "Deployment": "apps/v1",
    "Service": "v1",
    "Pod": "v1",
    "Mapping": "getambassador.io/v2",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "PodDisruptionBudget": "policy/v1",
    "ScaledObject": KEDA,
}
_SCALES = ("HorizontalPodAutoscaler", "PodDisruptionBudget", "ScaledObject")
#: How long a removed predictor's Pods and Service stay after its Mapping is gone, so that no proxy still knows them.
GRACE = 15.0
#: Seconds until another try of what was refused for a cause outside of the object.
RETRY = 60.0
CONTROLLER_ID = "seldon.io/controller-id"


@dataclass
class Reconciler:
    """Keeps nothing that a restart may not lose: only since when leftovers wait for their removal."""

    api: Api
    options: Options
    clock: Callable[[], float] = time.monotonic
    _leftover_since: dict[tuple[Key, str], float] = field(default_factory=dict)

    async def reconcile(self, key: Key) -> float | None:
        """Do what is to do now; the seconds after which to come again, None when events will tell.

        Raises ApiError for what may pass by itself.
        """
        obj = await self.api.get(_API[KIND], KIND, key.namespace, key.name)
        if obj is None or obj["metadata"].get("deletionTimestamp"):
            self._leftover_since = {k: t for k, t in self._leftover_since.items() if k[0] != key}
            return None
        if obj["metadata"].get("labels", {}).get(CONTROLLER_ID):
            return None  # another operator's, as upstream has it
        old: Obj = obj.get("status") or {}
        generation, now = obj["metadata"].get("generation", 0), utc_now()
        again = None
        try:
            model = parse(obj, self.options)
            desired = render(model, self.options)
            live = await self._apply_workload(model, desired)
            routed, faults = await self._route(model, desired, live)
            again = await self._clean(key, model, desired, live) if routed else None
            reasons = status.Reasons(faults, await self._causes(model, live))
            new = status.observed(model, live, routed, old, generation, now, reasons)
        except Refused as refused:
            log.warning("%s: %s", key, refused)
            new = status.refused(old, refused.reasons, generation, now)
            again = RETRY if refused.passing else None
        except ApiError as error:
            # 403 and 404: a missing permission, quota or API, which somebody must see; the rest passes by itself.
            if error.status in (403, 404):
                reason = f"The API server answers {error}; it is tried again."
                await self._write(obj, status.refused(old, [reason], generation, now))
            raise
        await self._write(obj, new)
        return again

    async def _write(self, obj: Obj, new: Obj) -> None:
        old = obj.get("status") or {}
        if new == old:
            return
        await self.api.set_status(obj, new)
        if new["state"] != old.get("state"):
            meta = obj["metadata"]
            log.info("%s/%s is %s. %s", meta["namespace"], meta["name"], new["state"], new["description"])

    async def _owned(self, kind: str, model: Model) -> tuple[Obj, ...]:
        return plan.owned(await self._list(kind, model), model.uid)

    async def _list(self, kind: str, model: Model) -> list[Obj]:
        return await self.api.list(_API[kind], kind, model.namespace, f"{ID}={names.deployment_id(model.name)}")

    async def _causes(self, model: Model, live: dict[str, Obj]) -> tuple[str, ...]:
        """What the Pods of Deployments that are not complete wait for."""
        if all(rollout.complete(live[name]) for name in model.deployments):
            return ()
        return causes(await self._list("Pod", model))

    async def _apply_workload(self, model: Model, desired: Desired) -> dict[str, Obj]:
        """Services, then Deployments; the Deployments by name, as they are now. All is tried dry before anything is
        changed, so that an object which the API server refuses leaves everything as it was."""
        live = {kind: await self._owned(kind, model) for kind in ("Service", "Deployment")}
        scales = await self._scales(model, desired)
        unlike = plan.unlike(desired.deployments, live["Deployment"])
        live["Deployment"] = tuple(d for d in live["Deployment"] if d not in unlike)
        changes = [
            *plan.to_apply(desired.services, live["Service"]),
            *(plan.scaled(o, live["Deployment"]) for o in plan.to_apply(desired.deployments, live["Deployment"])),
            *(o for kind in _SCALES for o in plan.to_apply(plan.of_kind(desired.scales, kind), scales[kind])),
        ]
        await self._check_foreign(model, changes)
        renewed = {plan.name_of(obj) for obj in unlike}
        for obj in changes:
            if obj["kind"] != "Deployment" or plan.name_of(obj) not in renewed:
                await self._apply(obj, dry_run=True)
        for obj in unlike:
            log.info("%s/%s: deletes Deployment %s: its selector", model.namespace, model.name, plan.name_of(obj))
            await self.api.delete(obj)
        for kind in _SCALES:
            # Before the Deployment says how many again: what scales it would say something else.
            for obj in plan.stale(plan.of_kind(desired.scales, kind), scales[kind]):
                log.info("%s/%s: deletes %s %s", model.namespace, model.name, kind, plan.name_of(obj))
                await self.api.delete(obj)
        deployments = {plan.name_of(d): d for d in live["Deployment"]}
        for obj in changes:
            applied = await self._apply(obj)
            log.info("%s/%s: applied %s %s", model.namespace, model.name, obj["kind"], plan.name_of(obj))
            if obj["kind"] == "Deployment":
                deployments[plan.name_of(obj)] = applied
        return deployments

    async def _scales(self, model: Model, desired: Desired) -> dict[str, tuple[Obj, ...]]:
        """What scales and keeps the Deployments, by kind. Raises Refused for KEDA's where the cluster has no KEDA."""
        found: dict[str, tuple[Obj, ...]] = {}
        for kind in _SCALES:
            try:
                found[kind] = await self._owned(kind, model)
            except ApiError as error:
                if kind != "ScaledObject" or error.status != 404:
                    raise
                found[kind] = ()
                if plan.of_kind(desired.scales, kind):
                    reason = "kedaSpec is asked for, and the cluster has no KEDA (no ScaledObject of keda.sh/v1alpha1)."
                    raise Refused(reason, passing=True) from error
        return found

    async def _apply(self, obj: Obj, *, dry_run: bool = False) -> Obj:
        try:
            return await self.api.apply(obj, dry_run=dry_run)
        except ApiError as error:
            if error.invalid:
                raise Refused(f"The API server refuses it: {error.message}", passing=True) from error
            raise

    async def _check_foreign(self, model: Model, changes: list[Obj]) -> None:
        """Server-side apply would take over what others made. Raises Refused instead."""
        reasons = []
        for obj in changes:
            there = await self.api.get(obj["apiVersion"], obj["kind"], model.namespace, plan.name_of(obj))
            if there is not None and plan.owner_uid(there) != model.uid:
                # What lost its owner reference by hand, but carries our label, is ours to repair.
                mine = there["metadata"].get("labels", {}).get(ID) == names.deployment_id(model.name)
                if plan.owner_uid(there) or not mine:
                    reasons.append(
                        f"{obj['kind']} {plan.name_of(obj)} exists and belongs to something else; rename one."
                    )
        if reasons:
            raise Refused(*reasons, passing=True)

    async def _route(self, model: Model, desired: Desired, live: dict[str, Obj]) -> tuple[bool, tuple[str, ...]]:
        """The Mappings, once every predictor answers: whether they are as they shall be, and what the gateway says."""
        current = await self._owned("Mapping", model)
        steps = plan.mapping_steps(desired.mappings, current)
        if not steps:
            return self._served(current)
        if not all(rollout.available(live[name]) for name in model.deployments):
            return False, ()
        await self._check_foreign(model, [step.obj for step in steps if step.verb == "apply"])
        for step in steps:
            log.info("%s/%s: %s Mapping %s", model.namespace, model.name, step.verb, plan.name_of(step.obj))
            if step.verb == "apply":
                await self._apply(step.obj)
            else:
                await self.api.delete(step.obj)
        return self._served(await self._owned("Mapping", model))

    def _served(self, mappings: tuple[Obj, ...]) -> tuple[bool, tuple[str, ...]]:
        waiting = plan.pending(mappings) if self.options.gateway_reports else ()
        return not waiting, plan.inactive(mappings) or waiting

    async def _clean(self, key: Key, model: Model, desired: Desired, live: dict[str, Obj]) -> float | None:
        """Remove what no predictor needs any more, when the new ones are complete and nothing leads there."""
        if not all(rollout.complete(live[name]) for name in model.deployments):
            return None
        leftovers = {
            **{
                f"Service/{plan.name_of(o)}": o
                for o in plan.stale(desired.services, await self._owned("Service", model))
            },
            **{f"Deployment/{plan.name_of(o)}": o for o in plan.stale(desired.deployments, live.values())},
        }
        now = self.clock()
        since = {(key, n): self._leftover_since.get((key, n), now) for n in leftovers}
        self._leftover_since = {k: t for k, t in self._leftover_since.items() if k[0] != key} | since
        for name, obj in leftovers.items():
            if now - since[(key, name)] >= GRACE:
                log.info("%s: deletes %s", key, name)
                await self.api.delete(obj)
        waits = [GRACE - (now - t) for t in since.values() if now - t < GRACE]
        return max(0.1, min(waits)) if waits else None
