"""An Application per component in waves, and one above them.

Fields: https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml, sync-waves/ and sync-options/ there.
"""

from __future__ import annotations

from slipway.export import kustomize
from slipway.export.model import KEPT, Files, Repository
from slipway.export.source import Source
from slipway.export.text import dump
from slipway.kube.objects import Obj, ref_of
from slipway.release.objects.order import stage

WAVE = "argocd.argoproj.io/sync-wave"
NAMESPACE = "argocd"


def files(repository: Repository, source: Source) -> Files:
    """Components with their stages as waves, the Applications, and the root that holds these."""
    written = kustomize.components(repository, _staged)
    applications = []
    for number, wave in enumerate(repository.waves):
        for name in wave:
            path = f"applications/{name}.yaml"
            spec = _spec(source, f"components/{name}", repository.namespaces[name])
            written[path] = dump(_application(f"slipway-{name}", spec, {WAVE: str(number)}))
            applications.append(f"{name}.yaml")
    written["applications/kustomization.yaml"] = kustomize.kustomization(applications)
    written["root.yaml"] = dump(_application("slipway", _spec(source, "applications", NAMESPACE), {}))
    return written


def _staged(obj: Obj) -> Obj:
    """With the wave inside of its component, and the note that data stays."""
    kept = {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"} if obj["kind"] in KEPT else {}
    return kustomize.annotated(obj, {WAVE: str(stage(ref_of(obj))), **kept})


def _application(name: str, spec: Obj, annotations: dict[str, str]) -> Obj:
    # Controllers fill in webhooks' CA bundles: fields that the repository does not name are no difference.
    marks = {**annotations, "argocd.argoproj.io/compare-options": "ServerSideDiff=true"}
    meta = {"name": name, "namespace": NAMESPACE, "annotations": marks}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta, "spec": spec}


def _spec(source: Source, path: str, namespace: str) -> Obj:
    return {
        "project": "default",
        "source": {"repoURL": source.url, "targetRevision": source.revision, "path": source.below(path)},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
        "syncPolicy": {
            "automated": {"prune": True, "selfHeal": True},
            "syncOptions": ["ServerSideApply=true", "SkipDryRunOnMissingResource=true"],
            "retry": {"limit": 10, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}},
        },
    }
