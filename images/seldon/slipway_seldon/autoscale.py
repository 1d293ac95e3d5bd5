"""What scales a componentSpec's Deployment and what keeps its Pods: HPA, ScaledObject, PodDisruptionBudget."""

from __future__ import annotations

from slipway_controller.reader import Obj

from slipway_seldon import names
from slipway_seldon.labels import ID
from slipway_seldon.model import Component, Model
from slipway_seldon.refusal import Reader

KEDA = "keda.sh/v1alpha1"
_SCALED = (
    "pollingInterval",
    "cooldownPeriod",
    "idleReplicaCount",
    "minReplicaCount",
    "maxReplicaCount",
    "advanced",
    "triggers",
    "fallback",
)


def read(raw: Reader) -> tuple[Obj | None, Obj | None, Obj | None]:
    """The specs of (hpa, keda, pdb) of a componentSpec, as the API server wants them; None for what is not asked for.
    Faults are left in the reader's."""
    return _hpa(raw), _keda(raw), _pdb(raw)


def _hpa(raw: Reader) -> Obj | None:
    if not raw.mapping("hpaSpec"):
        return None
    spec = raw.nested("hpaSpec")
    least, most = spec.integer("minReplicas", 0, 1000), spec.number("maxReplicas", 0, 1, 1000)
    if not most:
        spec.fault("maxReplicas", "is missing")
    old, new = spec.objects("metrics"), spec.objects("metricsv2")
    metrics = [_metric(m) for m in old] or [m.value for m in new]
    return {
        **({} if least is None else {"minReplicas": least}),
        "maxReplicas": most,
        **({"metrics": metrics} if metrics else {}),
    }


def _metric(raw: Reader) -> Obj:
    """A metric of autoscaling/v2beta1 as one of v2; one that is of v2 already stays."""
    kind = raw.text("type")
    key = kind[:1].lower() + kind[1:]
    source = raw.mapping(key)
    if not source or ("target" in source and kind != "Object") or "metric" in source:
        return raw.value
    if kind in ("Resource", "ContainerResource"):
        head = {k: source[k] for k in ("name", "container") if k in source}
        return {"type": kind, key: {**head, "target": _target(source, "targetAverageValue", "")}}
    metric: Obj = {"name": source.get("metricName")}
    selector = source.get("selector") or source.get("metricSelector")
    if selector:
        metric["selector"] = selector
    if kind == "Object":
        target = _target(source, "averageValue", "targetValue")
        return {"type": kind, key: {"describedObject": source.get("target"), "metric": metric, "target": target}}
    target = _target(source, "targetAverageValue", "targetValue")
    return {"type": kind, key: {"metric": metric, "target": target}}


def _target(source: Obj, average: str, value: str) -> Obj:
    if source.get("targetAverageUtilization") is not None and source.get(average) is None:
        return {"type": "Utilization", "averageUtilization": source["targetAverageUtilization"]}
    if value and source.get(value) is not None and source.get(average) is None:
        return {"type": "Value", "value": source[value]}
    return {"type": "AverageValue", "averageValue": source.get(average)}


def _keda(raw: Reader) -> Obj | None:
    spec = raw.mapping("kedaSpec")
    return {key: spec[key] for key in _SCALED if spec.get(key) is not None} if spec else None


def _pdb(raw: Reader) -> Obj | None:
    spec = raw.mapping("pdbSpec")
    found = {key: spec[key] for key in ("minAvailable", "maxUnavailable") if spec.get(key) is not None}
    if spec and len(found) != 1:
        raw.fault("pdbSpec", "must have minAvailable or maxUnavailable, and not both")
    return found or None


def objects(model: Model, component: Component) -> list[Obj]:
    """The objects beside the component's Deployment; they have its name."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": component.deployment}
    found = []
    if component.hpa:
        spec = {"scaleTargetRef": target, **component.hpa}
        found.append(_object("autoscaling/v2", "HorizontalPodAutoscaler", model, component, spec))
    if component.keda:
        spec = {"scaleTargetRef": target, **component.keda}
        found.append(_object(KEDA, "ScaledObject", model, component, spec))
    if component.pdb:
        # Its own Pods only: several budgets over one Pod forbid its eviction altogether.
        labels = {ID: names.deployment_id(model.name), "app": component.deployment}
        spec = {"selector": {"matchLabels": labels}, **component.pdb}
        found.append(_object("policy/v1", "PodDisruptionBudget", model, component, spec))
    return found


def _object(version: str, kind: str, model: Model, component: Component, spec: Obj) -> Obj:
    labels = {ID: names.deployment_id(model.name), "app.kubernetes.io/managed-by": "seldon-core"}
    meta = {"name": component.deployment, "namespace": model.namespace, "labels": labels}
    return {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}
