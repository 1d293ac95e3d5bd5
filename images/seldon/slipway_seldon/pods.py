"""A predictor's Deployment."""

from __future__ import annotations

from slipway_controller.reader import Obj

from slipway_seldon import container, names
from slipway_seldon.labels import ID, container_label
from slipway_seldon.model import Model, Predictor

#: Upstream's DEFAULT_USER_ID.
USER = 8888


def labels(model: Model, predictor: Predictor) -> dict[str, str]:
    """Labels of the Deployment and its Pods. The operator's own win: selectors depend on them."""
    return {
        **predictor.labels,
        **predictor.pod_labels,
        ID: names.deployment_id(model.name),
        "app": predictor.deployment,
        "fluentd": "true",
        "seldon-app": predictor.service,
        container_label(predictor.unit.name): predictor.container_service,
        "seldon.io/model": "true",
        **({"seldon.io/shadow": "true"} if predictor.shadow else {}),
        "app.kubernetes.io/managed-by": "seldon-core",
    }


def pod_annotations(model: Model, predictor: Predictor) -> dict[str, str]:
    """Annotations of the Pods; the microservice reads seldon.io/rest-timeout from them (/etc/podinfo/annotations)."""
    return {
        "prometheus.io/path": container.METRICS_PATH,
        "prometheus.io/scrape": "true",
        **model.annotations,
        **predictor.annotations,
        **predictor.pod_annotations,
    }


def pod_spec(model: Model, predictor: Predictor) -> Obj:
    """The PodSpec with the unit's container, the podinfo volume and safe defaults."""
    spec = {key: value for key, value in predictor.pod_spec.items() if value is not None}
    volumes = list(spec.get("volumes") or [])
    if not any(v.get("name") == container.PODINFO for v in volumes):
        item = {"path": "annotations", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.annotations"}}
        volumes.append({"name": container.PODINFO, "downwardAPI": {"items": [item], "defaultMode": 0o644}})
    return {
        # A model has no business with the API server; a Pod that names its account decides itself.
        **({} if spec.get("serviceAccountName") else {"automountServiceAccountToken": False}),
        "securityContext": {"runAsUser": USER, "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        **spec,
        "terminationGracePeriodSeconds": predictor.grace,
        "containers": [
            container.complete(model, predictor, c) if c.get("name") == predictor.unit.name else c
            for c in spec["containers"]
        ],
        "volumes": volumes,
    }


def deployment(model: Model, predictor: Predictor) -> Obj:
    """The Deployment; never fewer Pods than asked for while a new version comes."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": predictor.deployment,
            "namespace": model.namespace,
            "labels": labels(model, predictor),
            "annotations": {**model.annotations, **predictor.annotations, **predictor.pod_annotations},
        },
        "spec": {
            "replicas": predictor.replicas,
            "progressDeadlineSeconds": predictor.progress_deadline,
            "minReadySeconds": 1,
            "revisionHistoryLimit": 2,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            # Immutable once created, hence only what the Deployment's own name follows from.
            "selector": {"matchLabels": {ID: names.deployment_id(model.name), "app": predictor.deployment}},
            "template": {
                "metadata": {"labels": labels(model, predictor), "annotations": pod_annotations(model, predictor)},
                "spec": pod_spec(model, predictor),
            },
        },
    }
