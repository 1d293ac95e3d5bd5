"""Which file an object comes from, so that an error can name it. Kustomize says so in an annotation, helm in a comment.

Sources: kustomize's buildMetadata (originAnnotations), the ``# Source:`` lines of ``helm template``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from slipway.catalog.selection import FILE, read
from slipway.documents.fast import LOADER
from slipway.kube.objects import Obj, Ref, ref_of

ANNOTATION = "config.kubernetes.io/origin"
_OPTION = "originAnnotations"
_SOURCE = re.compile(r"^# Source: (\S+)$", re.MULTILINE)


def ask(overlay: Path) -> None:
    """Have kustomize say where objects come from, in the copied tree."""
    document = read(overlay)
    asked = document.get("buildMetadata") or []
    if _OPTION not in asked:
        document["buildMetadata"] = [*asked, _OPTION]
        (overlay / FILE).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def name(objects: Iterable[Obj], overlay: Path, tree: Path) -> list[Obj]:
    """The objects with the file alone in the annotation: its path in the distribution, of a chart's the template's."""
    charts: dict[Path, dict[Ref, str]] = {}
    origins = []
    for obj in objects:
        notes = (obj.get("metadata") or {}).get("annotations") or {}
        path = _path(notes.get(ANNOTATION, ""), overlay)
        if path and path.name.startswith("helm-") and path.is_file():
            if path not in charts:
                charts[path] = dict(templates(path.read_text(encoding="utf-8")))
            origin = charts[path].get(ref_of(obj), "")
        else:
            origin = os.path.relpath(path, tree.resolve()) if path else ""
        origins.append(_with(obj, {**notes, ANNOTATION: origin}))
    return origins


def split(objects: Iterable[Obj]) -> tuple[list[Obj], dict[Ref, str]]:
    """The objects as they are applied, and which file each comes from, as far as that is known."""
    plain, files = [], {}
    for obj in objects:
        notes = dict((obj.get("metadata") or {}).get("annotations") or {})
        file = notes.pop(ANNOTATION, None)
        if file:
            files[ref_of(obj)] = file
        plain.append(obj if file is None else _with(obj, notes))
    return plain, files


def located(where: str, files: Mapping[Ref, str]) -> str:
    """``component argo: Deployment argo/server``, with the file in brackets where it is known."""
    return next((f"{where} ({file})" for ref, file in files.items() if where.endswith(f" {ref}")), where)


def templates(text: str) -> Iterator[tuple[Ref, str]]:
    """Each object of helm's output, and the template that it was made of."""
    for part in text.split("\n---\n"):
        source = _SOURCE.search(part)
        for obj in yaml.load_all(part, Loader=LOADER) if source else ():  # a safe one
            if source and isinstance(obj, dict):
                yield ref_of(obj), f"chart {source[1]}"


def _path(note: str, overlay: Path) -> Path | None:
    """The file, from ``path: ../../manifests/a/1/b.yaml``, or of a generated object ``configuredIn: …``."""
    fields = (yaml.load(note, Loader=LOADER) or {}) if note else {}  # noqa: S506  # a safe one
    file = fields.get("path") or fields.get("configuredIn")
    return (overlay / file).resolve() if file and not fields.get("repo") else None


def _with(obj: Obj, notes: Mapping[str, str]) -> Obj:
    meta = {**obj["metadata"], "annotations": dict(notes)}
    return {**obj, "metadata": meta if notes else {key: value for key, value in meta.items() if key != "annotations"}}
