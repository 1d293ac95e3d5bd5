"""All files of an export."""

from __future__ import annotations

from slipway.errors import BadInput
from slipway.export import argocd, flux, helm, kustomize
from slipway.export.model import Files, Repository
from slipway.export.readme import readme
from slipway.export.secrets import SCRIPT, script
from slipway.export.source import Source

FORMATS = ("kustomize", "argocd", "flux", "helm")
#: Formats whose controllers fetch the repository themselves.
FETCHED = ("argocd", "flux")


def files(repository: Repository, kind: str, source: Source | None = None) -> Files:
    """Path → text. Raises BadInput for a format that does not exist, or that needs a source and has none."""
    written = {**_objects(repository, kind, source), "README.md": readme(repository, kind, source)}
    if repository.secrets:
        written[SCRIPT] = script(repository.secrets)
    return written


def _objects(repository: Repository, kind: str, source: Source | None) -> Files:
    match kind, source:
        case "kustomize", _:
            return kustomize.files(repository)
        case "helm", _:
            return helm.files(repository)
        case "argocd", Source():
            return argocd.files(repository, source)
        case "flux", Source():
            return flux.files(repository, source)
    raise BadInput(
        f"'{kind}' cannot be written", "--format", f"one of {', '.join(FORMATS)}; argocd and flux with --repo"
    )
