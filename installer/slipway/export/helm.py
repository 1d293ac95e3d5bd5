"""A chart per part, whose templates are the literal objects; one for all namespaces.

Sources: https://helm.sh/docs/topics/charts/ (crds/), https://helm.sh/docs/howto/charts_tips_and_tricks/ (keep).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from slipway.export import kustomize
from slipway.export.model import KEPT, Files, Part, Repository
from slipway.export.text import dump, names
from slipway.kube.objects import Obj

NAMESPACES = "namespaces"


@dataclass(frozen=True)
class Release:
    """One ``helm upgrade --install``: of which chart, into which namespace, and after which wave (-1: first)."""

    chart: str
    namespace: str
    wave: int
    timeout: int


def files(repository: Repository) -> Files:
    """charts/: the namespaces, and per component its objects with CRDs, and its custom resources."""
    written: Files = {}
    for release in releases(repository):
        written |= _chart(release.chart, objects_of(repository, release.chart), repository.version)
    return written


def releases(repository: Repository) -> list[Release]:
    """In the order in which they are installed."""
    chosen = [Release(NAMESPACES, "default", -1, 60)]
    for number, wave in enumerate(repository.waves):
        for resources in (False, True):
            for name in wave:
                chart = f"{name}-resources" if resources else name
                if objects_of(repository, chart):
                    chosen.append(Release(chart, repository.namespaces[name], number, repository.of(name)[0].timeout))
    return chosen


def objects_of(repository: Repository, chart: str) -> list[Obj]:
    """The objects of a chart."""
    if chart == NAMESPACES:
        return [obj for part in repository.parts for obj in part.objects if obj["kind"] == "Namespace"]
    own = [part for part in repository.parts if chart == _home(part)]
    return [obj for part in own for obj in part.objects if obj["kind"] != "Namespace"]


def _home(part: Part) -> str:
    return part.component if part.kind == "definitions" else part.name


def _chart(name: str, objects: Iterable[Obj], version: str) -> Files:
    head = {
        "apiVersion": "v2",
        "name": name,
        "description": "Written by slipway export; the objects are literal.",
        "type": "application",
        "version": version,
    }
    written = {f"charts/{name}/Chart.yaml": dump(head), f"charts/{name}/values.yaml": "{}\n"}
    for file, obj in names(objects).items():
        if obj["kind"] == "CustomResourceDefinition":
            # Helm takes crds/ as they are: applied first, never removed.
            written[f"charts/{name}/crds/{file}"] = dump(obj)
        else:
            written[f"charts/{name}/templates/{file}"] = literal(dump(_kept(obj)))
    return written


def _kept(obj: Obj) -> Obj:
    return kustomize.annotated(obj, {"helm.sh/resource-policy": "keep"} if obj["kind"] in KEPT else {})


def literal(text: str) -> str:
    """A template that gives this text: no braces of its own are read as actions."""
    return text.replace("{{", "{{ `{{` }}")
