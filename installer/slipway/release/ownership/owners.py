"""Whose an object is: told by its labels, its annotations and its field managers. Pure functions of metadata."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.kube import Obj
from slipway.kube.client import FIELD_MANAGER
from slipway.render.labels import ADOPTED, COMPONENT, MANAGED_BY

HELM_RELEASE, HELM_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
#: Where Argo CD says which Application an object is of: "app:group/kind:namespace/name", or a label with its name.
ARGO_TRACKING, ARGO_LABEL = "argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance"
#: Where Flux says which object an object is of: label of the name, of the namespace, and what it is called.
FLUX = (
    ("kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace", "the Flux Kustomization"),
    ("helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace", "the Flux HelmRelease"),
)
#: Field managers of people's tools. What other programs make in a namespace of ours goes with it.
_TOOLS = ("kubectl", "helm", "argocd", "terraform", "kustomize-controller", "helm-controller", "pulumi")


def labelled(obj: Obj) -> bool:
    """Whether it carries Slipway's labels."""
    labels = obj["metadata"].get("labels") or {}
    return labels.get(MANAGED_BY) == "slipway" or COMPONENT in labels


def marked(obj: Obj) -> bool:
    """Whether it is the very object that was there before Slipway took it over."""
    metadata = obj["metadata"]
    mark = (metadata.get("labels") or {}).get(ADOPTED, "")
    return bool(mark) and mark == metadata.get("uid")


def ours(obj: Obj, *, recorded: bool = False) -> bool:
    """Whether Slipway made it, or has taken it over: by its labels, or because nobody else ever wrote it.

    One that is on record and has lost its labels is ours as long as Slipway is among those who wrote it, and no other
    owner is stated.
    """
    if labelled(obj) or made_by_slipway(obj):
        return True
    return recorded and (marked(obj) or (_written_by_us(obj) and not stated_owner(obj)))


def stated_owner(obj: Obj) -> str:
    """The owner that an object names itself; empty without."""
    metadata = obj["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    notes: Mapping[str, str] = metadata.get("annotations") or {}
    for name, place, what in FLUX:
        # Before Helm: Flux's HelmReleases write its annotations, too.
        if name in labels:
            return f"{what} {labels[name]} in {labels.get(place, 'an unknown namespace')}"
    if release := notes.get(HELM_RELEASE):
        return f"the Helm release {release} in {notes.get(HELM_NAMESPACE, 'an unknown namespace')}"
    if app := notes.get(ARGO_TRACKING, "").partition(":")[0] or labels.get(ARGO_LABEL):
        return f"the Argo CD application {app}"
    for owner in metadata.get("ownerReferences") or []:
        return f"{owner.get('kind')} {owner.get('name')}"
    manager = labels.get(MANAGED_BY, "")
    return manager if manager != "slipway" else ""


def owner(obj: Obj) -> str:
    """Whose a foreign object is, as well as it can be known."""
    names = sorted(_managers(obj))
    return stated_owner(obj) or (f"whoever used {', '.join(names)}" if names else "somebody else")


def of_others(obj: Obj) -> bool:
    """Whether an object in a namespace of ours is other people's: not ours, nor what programs make there."""
    metadata = obj["metadata"]
    if ours(obj) or metadata.get("ownerReferences"):
        # Its owner is looked at itself.
        return False
    notes, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    stated = HELM_RELEASE in notes or ARGO_TRACKING in notes or ARGO_LABEL in labels
    stated = stated or any(name in labels for name, _, _ in FLUX)
    return stated or any(name.lower().startswith(_TOOLS) for name in _managers(obj))


def _written_by_us(obj: Obj) -> bool:
    managers = [str(entry.get("manager", "")) for entry in obj["metadata"].get("managedFields") or []]
    return any(name.partition("-")[0] == FIELD_MANAGER for name in managers)


def _managers(obj: Obj) -> set[str]:
    entries = obj["metadata"].get("managedFields") or []
    names = {str(entry.get("manager", "")) for entry in entries if entry.get("subresource") != "status"}
    return {name for name in names if name and name.partition("-")[0] != FIELD_MANAGER}


def manager(component: str) -> str:
    """The field manager. One per component: where two bring the same object, each owns what it says."""
    return f"slipway-{component}"


def made_by_slipway(obj: Obj) -> bool:
    """Whether Slipway made the object: who else makes or labels a namespace is in its managedFields."""
    managers = {
        str(entry.get("manager", "")) for entry in obj["metadata"].get("managedFields") or [] if not _status(entry)
    }
    # Each component applies under a name of its own: slipway-argo.
    return bool(managers) and all(name.partition("-")[0] == FIELD_MANAGER for name in managers)


def _status(entry: Obj) -> bool:
    return entry.get("subresource") == "status"
