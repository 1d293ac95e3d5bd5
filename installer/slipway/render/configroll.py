"""Pods roll when a ConfigMap that they read changes: its hash becomes an annotation of the pod template."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from slipway.kube.objects import Obj

ANNOTATION = "slipway.dev/config-hash"
WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})


def roll(objects: Sequence[Obj]) -> list[Obj]:
    """The objects, with the annotation on every workload that reads a ConfigMap among them."""
    contents = {
        _key(obj): [obj.get("data"), obj.get("binaryData")] for obj in objects if obj.get("kind") == "ConfigMap"
    }
    return [_annotated(obj, contents) if obj.get("kind") in WORKLOADS else obj for obj in objects]


def _key(obj: Obj) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _annotated(obj: Obj, contents: Mapping[tuple[str, str], object]) -> Obj:
    namespace = obj["metadata"].get("namespace", "")
    template = obj.get("spec", {}).get("template", {})
    read = {name: contents[namespace, name] for name in read_by(template) if (namespace, name) in contents}
    if not read:
        return obj
    digest = hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()[:16]
    changed = copy.deepcopy(obj)
    meta = changed["spec"]["template"].setdefault("metadata", {})
    meta["annotations"] = {**(meta.get("annotations") or {}), ANNOTATION: digest}
    return changed


def read_by(template: Obj) -> set[str]:
    """The names of the ConfigMaps that a pod template mounts or takes its environment from."""
    spec = template.get("spec") or {}
    names = {name for volume in spec.get("volumes") or [] for name in _of_volume(volume)}
    for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
        names |= {
            source["configMapRef"]["name"] for source in container.get("envFrom") or [] if "configMapRef" in source
        }
        for variable in container.get("env") or []:
            reference = (variable.get("valueFrom") or {}).get("configMapKeyRef")
            if reference:
                names.add(reference["name"])
    return names


def _of_volume(volume: Obj) -> Iterable[str]:
    if "configMap" in volume:
        yield volume["configMap"]["name"]
    for source in (volume.get("projected") or {}).get("sources") or []:
        if "configMap" in source:
            yield source["configMap"]["name"]
