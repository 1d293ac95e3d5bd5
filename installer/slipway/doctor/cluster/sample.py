"""The smallest object that a schema takes, to try webhooks with. Pure."""

from __future__ import annotations

from typing import Any

from slipway.kube import Obj
from slipway.naming import own_image

_POD = {"containers": [{"name": "doctor", "image": own_image("base")}]}
_LABELS = {"slipway.dev/probe": "doctor"}
_TEMPLATE = {"metadata": {"labels": _LABELS}, "spec": _POD}
_WORKLOAD = {"selector": {"matchLabels": _LABELS}, "template": _TEMPLATE}
#: (group, resource) → (apiVersion, kind, fields) of built-in kinds that webhooks are made for.
BUILT_IN: dict[tuple[str, str], tuple[str, str, Obj]] = {
    ("", "pods"): ("v1", "Pod", {"spec": _POD}),
    ("", "configmaps"): ("v1", "ConfigMap", {"data": {}}),
    ("", "secrets"): ("v1", "Secret", {"data": {}}),
    ("", "services"): ("v1", "Service", {"spec": {"ports": [{"port": 80}]}}),
    ("apps", "deployments"): ("apps/v1", "Deployment", {"spec": _WORKLOAD}),
    ("apps", "statefulsets"): ("apps/v1", "StatefulSet", {"spec": {**_WORKLOAD, "serviceName": "doctor"}}),
    ("batch", "jobs"): ("batch/v1", "Job", {"spec": {"template": {"spec": {**_POD, "restartPolicy": "Never"}}}}),
}


def of_crd(crd: Obj, version: str) -> tuple[str, str, Obj] | None:
    """apiVersion, kind and required fields of a CRD's version; None when it is not served."""
    spec = crd["spec"]
    for each in spec["versions"]:
        if each["name"] == version and each.get("served"):
            schema = (each.get("schema") or {}).get("openAPIV3Schema") or {}
            fields = {
                key: value
                for key, value in (least(schema) or {}).items()
                if key not in ("apiVersion", "kind", "metadata")
            }
            if "spec" in (schema.get("properties") or {}):
                fields.setdefault("spec", least(schema["properties"]["spec"]))
            return f"{spec['group']}/{version}", spec["names"]["kind"], fields
    return None


def least(schema: Obj) -> Any:
    """A value of the schema (OpenAPI v3, structural): required fields only, the smallest of each."""
    if "default" in schema:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("x-kubernetes-int-or-string"):
        return 1
    match schema.get("type"):
        case "object" | None:
            properties = schema.get("properties") or {}
            return {key: least(properties.get(key) or {}) for key in schema.get("required") or []}
        case "array":
            return [least(schema.get("items") or {})] * int(schema.get("minItems") or 0)
        case "string":
            return "a" * max(1, int(schema.get("minLength") or 1))
        case "boolean":
            return False
        case _:
            return schema.get("minimum", 1)
