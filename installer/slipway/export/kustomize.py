"""A directory per component with its objects and a kustomization.yaml; directories of waves that refer to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from slipway.export.model import Files, Part, Repository
from slipway.export.text import dump, names
from slipway.kube.objects import Obj

Change = Callable[[Obj], Obj]


def files(repository: Repository) -> Files:
    """Components and waves."""
    written = components(repository)
    for step in repository.steps():
        paths = [f"../../{part.path}" for part in step.parts]
        written[f"waves/{step.name}/kustomization.yaml"] = kustomization(paths)
    return written


def components(repository: Repository, change: Change = lambda obj: obj) -> Files:
    """All parts, each a directory below its component's. ``change`` is applied to every object."""
    written: Files = {}
    for part in repository.parts:
        written |= _part(part, change)
    for name in dict.fromkeys(part.component for part in repository.parts):
        own = [part.kind for part in repository.of(name)]
        written[f"components/{name}/kustomization.yaml"] = kustomization(own)
    return written


def _part(part: Part, change: Change) -> Files:
    listed = names(part.objects)
    written = {f"{part.path}/{name}": dump(change(obj)) for name, obj in listed.items()}
    return {**written, f"{part.path}/kustomization.yaml": kustomization(listed)}


def kustomization(resources: Iterable[str]) -> str:
    """A kustomization.yaml of resources."""
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return dump({**head, "resources": list(resources)})


def annotated(obj: Obj, annotations: dict[str, str]) -> Obj:
    """A copy of an object with annotations of its own, not of its pods."""
    meta = obj["metadata"]
    merged = {**(meta.get("annotations") or {}), **annotations}
    return {**obj, "metadata": {**meta, "annotations": merged}} if annotations else obj
