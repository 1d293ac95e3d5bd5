"""A Flux Kustomization per part, with what it depends on.

Fields: https://fluxcd.io/flux/components/kustomize/kustomizations/ and …/source/gitrepositories/.
"""

from __future__ import annotations

from slipway.export import kustomize
from slipway.export.model import KEPT, Files, Part, Repository
from slipway.export.source import Source
from slipway.export.text import dump
from slipway.kube.objects import Obj, ref_of

NAMESPACE = "flux-system"
#: Kinds whose health Flux tells from their status.
_WATCHED = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "CustomResourceDefinition"})


def files(repository: Repository, source: Source) -> Files:
    """Components, and in flux/ the source and what applies them."""
    written = kustomize.components(repository, _kept)
    listed = ["source.yaml"]
    written["flux/source.yaml"] = dump(_source(source))
    for part in repository.parts:
        written[f"flux/{part.name}.yaml"] = dump(_kustomization(part, depends_on(repository, part), source))
        listed.append(f"{part.name}.yaml")
    written["flux/kustomization.yaml"] = kustomize.kustomization(listed)
    return written


def depends_on(repository: Repository, part: Part) -> list[str]:
    """The parts that must be ready: the component's own before it, and the last ones of those that it requires."""
    own = repository.of(part.component)
    before = own[: own.index(part)]
    names = [before[-1].name] if before else []
    if part.kind == "definitions":
        return names
    last = {name: repository.of(name)[-1].name for name in repository.requires[part.component] if repository.of(name)}
    return [*names, *(last[name] for name in sorted(last))] if part.kind == "objects" else names


def _kustomization(part: Part, depends: list[str], source: Source) -> Obj:
    spec: Obj = {
        "interval": "10m",
        "retryInterval": "30s",
        "timeout": f"{part.timeout}s",
        "path": f"./{source.below(part.path)}",
        "prune": True,
        "wait": True,
        "sourceRef": {"kind": "GitRepository", "name": "slipway"},
    }
    if depends:
        spec["dependsOn"] = [{"name": f"slipway-{name}"} for name in depends]
    watched = [ref_of(obj) for obj in part.objects if obj["kind"] in _WATCHED]
    if watched:
        # For those who turn ``wait`` off; with it, everything is watched.
        spec["healthChecks"] = [
            {"apiVersion": ref.api_version, "kind": ref.kind, "name": ref.name}
            | ({"namespace": ref.namespace} if ref.namespace else {})
            for ref in watched
        ]
    meta = {"name": f"slipway-{part.name}", "namespace": NAMESPACE}
    return {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": meta, "spec": spec}


def _source(source: Source) -> Obj:
    meta = {"name": "slipway", "namespace": NAMESPACE}
    spec = {"interval": "5m", "url": source.url, "ref": {"branch": source.revision}}
    return {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": meta, "spec": spec}


def _kept(obj: Obj) -> Obj:
    mark = {"kustomize.toolkit.fluxcd.io/prune": "disabled"} if obj["kind"] in KEPT else {}
    return kustomize.annotated(obj, mark)
