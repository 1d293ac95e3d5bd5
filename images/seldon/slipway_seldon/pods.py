"""A predictor's Deployments: one for each componentSpec, and one for a service orchestrator in Pods of its own."""

from __future__ import annotations

from collections.abc import Iterable

from slipway_controller.reader import Obj

from slipway_seldon import annotations as notes
from slipway_seldon import container, initializer, names, orchestrator, servers
from slipway_seldon.labels import ID, LABELLED, container_label, type_label
from slipway_seldon.model import Component, Model, Orchestrator, Predictor, Unit
from slipway_seldon.options import Options

#: Upstream's DEFAULT_USER_ID.
USER = 8888
_PODINFO = {"path": "annotations", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.annotations"}}


def deployments(model: Model, predictor: Predictor, options: Options) -> list[Obj]:
    """All of them; that with the orchestrator first where it is alone."""
    wanted, found = predictor.orchestrator, []
    if wanted and wanted.home is None:
        found.append(_separate(model, predictor, wanted, options))
    for index, component in enumerate(predictor.components):
        home = wanted if wanted and wanted.home == index else None
        found.append(_of_component(model, predictor, component, home, options))
    return found


def _labels(
    model: Model,
    predictor: Predictor,
    name: str,
    units: Iterable[Unit],
    own: dict[str, str],
    entry: bool,
    svcorch: bool,
) -> dict[str, str]:
    """Labels of a Deployment and its Pods. The operator's own win: selectors depend on them. ``entry``: the predictor's
    Service leads there."""
    units = tuple(units)
    return {
        **predictor.labels,
        **own,
        ID: names.deployment_id(model.name),
        "app": name,
        "fluentd": "true",
        **({"seldon-app": predictor.service} if entry else {}),
        **{container_label(u.name): names.container_service(model.name, predictor.name, u.name) for u in units},
        **{type_label(u.type): "true" for u in units if u.type in LABELLED},
        **({orchestrator.LABEL: "true"} if svcorch else {}),
        **({"seldon.io/shadow": "true"} if predictor.shadow else {}),
        "app.kubernetes.io/managed-by": "seldon-core",
    }


def _of_component(
    model: Model, predictor: Predictor, component: Component, home: Orchestrator | None, options: Options
) -> Obj:
    entry = home is not None or predictor.orchestrator is None
    labels = _labels(model, predictor, component.deployment, component.units, component.labels, entry, home is not None)
    own = {**predictor.annotations, **component.annotations}
    spec = _pod_spec(model, predictor, component, home, options)
    first = next((u.name for u in component.units), "")
    shown = {"kubectl.kubernetes.io/default-container": first} if home and first else {}
    return _deployment(model, predictor, component.deployment, labels, own, shown, component.replicas, spec)


def _separate(model: Model, predictor: Predictor, wanted: Orchestrator, options: Options) -> Obj:
    labels = _labels(model, predictor, wanted.deployment, (), {}, True, True)
    grace = max((c.grace for c in predictor.components), default=20)
    spec = {**_safe({}), "terminationGracePeriodSeconds": grace}
    spec["containers"] = [orchestrator.container(model, predictor, wanted, grace, options)]
    spec["volumes"] = [_podinfo()]
    return _deployment(model, predictor, wanted.deployment, labels, predictor.annotations, {}, wanted.replicas, spec)


def _podinfo() -> Obj:
    return {"name": container.PODINFO, "downwardAPI": {"items": [_PODINFO], "defaultMode": 0o644}}


def _safe(spec: Obj) -> Obj:
    user = {"runAsUser": USER, "runAsNonRoot": True}
    asked = [c.get("securityContext") for c in spec.get("containers") or []]
    if any(isinstance(context, dict) and context.get("runAsUser") == 0 for context in asked):
        # It asks for root by name: the Pod's default yields, and whether that may be is for the namespace's policy.
        user = {"runAsUser": USER}
    return {
        # A model has no business with the API server; a Pod that names its account decides itself.
        **({} if spec.get("serviceAccountName") else {"automountServiceAccountToken": False}),
        "securityContext": {**user, "seccompProfile": {"type": "RuntimeDefault"}},
    }


def _pod_spec(
    model: Model, predictor: Predictor, component: Component, home: Orchestrator | None, options: Options
) -> Obj:
    """The PodSpec with the units' containers, downloads, the orchestrator, the podinfo volume and safe defaults."""
    spec = {key: value for key, value in component.pod_spec.items() if value is not None}
    account = next((u.account for u in component.units if u.account), "")
    if account:
        spec = {**spec, "serviceAccountName": account}
    volumes = list(spec.get("volumes") or [])
    if not any(v.get("name") == container.PODINFO for v in volumes):
        volumes.append(_podinfo())
    units = {unit.name: unit for unit in component.units}
    containers = [
        _container(model, predictor, component, units.get(c.get("name")), c, options) for c in spec["containers"]
    ]
    sidecars = [s for u in component.units if u.server for s in servers.sidecars(model, u, options)]
    there = {c.get("name") for c in containers}
    spec = {
        **_safe(spec),
        **spec,
        "terminationGracePeriodSeconds": component.grace,
        "containers": [*containers, *(s for s in sidecars if s["name"] not in there)],
        "volumes": volumes,
    }
    for unit in component.units:
        if unit.model_uri and _stored(model, predictor, unit):
            spec = initializer.add(spec, unit, _reader(model, unit), options)
    if home:
        # First: the predictor's Service finds "http" and "grpc" by name, in Pods of before and in these.
        engine = orchestrator.container(model, predictor, home, component.grace, options)
        spec = {**spec, "containers": [engine, *spec["containers"]]}
    return spec


def _container(
    model: Model, predictor: Predictor, component: Component, unit: Unit | None, given: Obj, options: Options
) -> Obj:
    if unit is None:
        return given
    if unit.server:
        given = servers.container(model, unit, given, options, stored=_stored(model, predictor, unit))
    return container.complete(model, predictor, unit, component.grace, given)


def _stored(model: Model, predictor: Predictor, unit: Unit) -> bool:
    """Whether the model is fetched before its server starts. Triton may read it itself."""
    annotations = {**model.annotations, **predictor.annotations}
    return not (unit.implementation == servers.TRITON and notes.true(annotations, notes.NO_INITIALIZER))


def _reader(model: Model, unit: Unit) -> str:
    """The container that reads the model."""
    behind = unit.implementation == servers.TENSORFLOW and model.protocol != "tensorflow"
    return servers.TFSERVING if behind else unit.name


def _deployment(
    model: Model,
    predictor: Predictor,
    name: str,
    labels: dict[str, str],
    own: dict[str, str],
    shown: dict[str, str],
    replicas: int | None,
    spec: Obj,
) -> Obj:
    """A Deployment; never fewer Pods than asked for while a new version comes. ``replicas`` None: something else says
    how many. The microservice and the orchestrator read timeouts from the Pods' annotations (/etc/podinfo)."""
    scraped = {"prometheus.io/path": container.METRICS_PATH, "prometheus.io/scrape": "true"}
    annotations = {**model.annotations, **own}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": model.namespace, "labels": labels, "annotations": annotations},
        "spec": {
            **({} if replicas is None else {"replicas": replicas}),
            "progressDeadlineSeconds": predictor.progress_deadline,
            "minReadySeconds": 1,
            "revisionHistoryLimit": 2,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            # Immutable once created, hence only what the Deployment's own name follows from.
            "selector": {"matchLabels": {ID: names.deployment_id(model.name), "app": name}},
            "template": {
                "metadata": {"labels": labels, "annotations": {**scraped, **shown, **annotations}},
                "spec": spec,
            },
        },
    }
