"""The init container that fetches a unit's model to /mnt/models, as upstream's operator adds it. Pure."""

from __future__ import annotations

from slipway_controller.reader import Obj

from slipway_seldon.model import Unit
from slipway_seldon.options import Options
from slipway_seldon.servers import MODELS

PVC, PVC_PATH = "pvc://", "/mnt/pvc"
_SAFE = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
_RESOURCES = {"cpuRequest": "100m", "cpuLimit": "1", "memoryRequest": "100Mi", "memoryLimit": "1Gi"}


def named(container: str, suffix: str) -> str:
    """A name after the container that reads the model, at most 63 characters."""
    return f"{container}-{suffix}"[:63].rstrip("-")


def add(pod: Obj, unit: Unit, reader: str, options: Options) -> Obj:
    """The PodSpec with the download before everything, and the model mounted in the container ``reader``."""
    volume, name = named(reader, "provision-location"), named(reader, "model-initializer")
    mounts: list[Obj] = [{"name": volume, "mountPath": MODELS}]
    volumes: list[Obj] = [{"name": volume, "emptyDir": {}}]
    seen: list[Obj]
    uri, seen = unit.model_uri, [{"name": volume, "mountPath": MODELS, "readOnly": True}]
    if uri.startswith(PVC):
        claim, _, path = uri.removeprefix(PVC).partition("/")
        held = named(reader, "pvc-source")
        source = {"name": held, "mountPath": PVC_PATH, "readOnly": True}
        uri, mounts, seen = f"{PVC_PATH}/{path}", [source, *mounts], [*seen, source]
        volumes = [{"name": held, "persistentVolumeClaim": {"claimName": claim}}, *volumes]
    secret = unit.secret or options.default_secret
    init = {
        "name": name,
        "image": unit.initializer or str(options.initializer.get("image", "")),
        "imagePullPolicy": "IfNotPresent",
        "args": [uri, MODELS],
        **({"envFrom": [{"secretRef": {"name": secret}}]} if secret else {}),
        "volumeMounts": mounts,
        "resources": _resources(options.initializer),
        "securityContext": _SAFE,
    }
    own = list(pod.get("initContainers") or [])
    there = {v.get("name") for v in pod.get("volumes") or []}
    return {
        **pod,
        "initContainers": own if any(c.get("name") == name for c in own) else [*own, init],
        "containers": [_mounted(c, seen) if c.get("name") == reader else c for c in pod["containers"]],
        "volumes": [*(pod.get("volumes") or []), *(v for v in volumes if v["name"] not in there)],
    }


def _mounted(container: Obj, mounts: list[Obj]) -> Obj:
    own = list(container.get("volumeMounts") or [])
    given = {m.get("mountPath") for m in own}
    return {**container, "volumeMounts": [*own, *(m for m in mounts if m["mountPath"] not in given)]}


def _resources(config: Obj) -> Obj:
    values = {key: str(config.get(key) or default) for key, default in _RESOURCES.items()}
    return {
        "requests": {"cpu": values["cpuRequest"], "memory": values["memoryRequest"]},
        "limits": {"cpu": values["cpuLimit"], "memory": values["memoryLimit"]},
    }
