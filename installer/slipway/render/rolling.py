"""Pods start anew when the ConfigMaps that they read change: the template carries a hash of them."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from slipway.kube.objects import Obj

ANNOTATION = "slipway.dev/config"
#: Jobs are left out: their templates cannot be changed.
_WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet"}


def with_config_hashes(objects: Iterable[Obj]) -> list[Obj]:
    """Copies in which the templates of workloads say which contents of their ConfigMaps they were made with."""
    found = list(objects)
    contents = {
        (obj["metadata"].get("namespace", ""), obj["metadata"]["name"]): [obj.get("data"), obj.get("binaryData")]
        for obj in found
        if obj.get("kind") == "ConfigMap" and obj.get("apiVersion") == "v1"
    }
    return [_annotated(obj, contents) if obj.get("kind") in _WORKLOADS else obj for obj in found]


def _annotated(obj: Obj, contents: dict[tuple[str, str], Any]) -> Obj:
    place = obj["metadata"].get("namespace", "")
    names = sorted(
        {name for name in config_maps(obj["spec"]["template"].get("spec") or {}) if (place, name) in contents}
    )
    if not names:
        return obj
    text = json.dumps([[name, contents[place, name]] for name in names], sort_keys=True)
    changed = copy.deepcopy(obj)
    meta = changed["spec"]["template"].setdefault("metadata", {})
    annotations = meta.get("annotations") or {}
    meta["annotations"] = {**annotations, ANNOTATION: hashlib.sha256(text.encode()).hexdigest()[:16]}
    return changed


def config_maps(pod: dict[str, Any]) -> Iterator[str]:
    """The ConfigMaps that a pod reads when it starts: volumes and variables."""
    for volume in pod.get("volumes") or []:
        for source in [volume, *((volume.get("projected") or {}).get("sources") or [])]:
            if source.get("configMap"):
                yield str(source["configMap"].get("name", ""))
    for container in [*(pod.get("initContainers") or []), *(pod.get("containers") or [])]:
        for variable in container.get("env") or []:
            chosen = (variable.get("valueFrom") or {}).get("configMapKeyRef")
            if chosen:
                yield str(chosen.get("name", ""))
        for source in container.get("envFrom") or []:
            if source.get("configMapRef"):
                yield str(source["configMapRef"].get("name", ""))
