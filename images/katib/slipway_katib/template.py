"""From a trial template and an assignment to the job of a trial.

Source: Katib v0.19, pkg/controller.v1beta1/experiment/manifest/generator.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from slipway_katib.names import Obj

PLACEHOLDER = re.compile(r"\$\{trialParameters\.(.+?)\}")
_META = re.compile(r"\$\{trialSpec\.(.+?)\}")
_INDEXED = re.compile(r"(.+)\[(.+)]")
META_KEYS = ("Name", "Namespace", "Kind", "APIVersion", "Annotations", "Labels")


class BadTemplate(ValueError):
    """A template from which no job can be made."""


def meta_key(reference: str) -> tuple[str, str] | None:
    """``${trialSpec.Labels[app]}`` → ("Labels", "app"); None when the reference is no metadata of the trial."""
    found = _META.search(reference)
    if not found:
        return None
    indexed = _INDEXED.fullmatch(found.group(1))
    key, index = (indexed.group(1), indexed.group(2)) if indexed else (found.group(1), "")
    if key not in META_KEYS or bool(index) != (key in ("Annotations", "Labels")):
        return None
    return key, index


def parse(text: str) -> Obj:
    """A template of a ConfigMap: YAML or JSON. Raises BadTemplate."""
    import yaml

    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadTemplate(f"the template is not YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(document, dict):
        raise BadTemplate("the template is no object")
    return document


def placeholders(document: Any) -> set[str]:
    """The names of the trial parameters that a template (an object, or a ConfigMap's text) uses."""
    if isinstance(document, str):
        return set(PLACEHOLDER.findall(document))
    if isinstance(document, dict):
        return {name for item in document.items() for part in item for name in placeholders(part)}
    if isinstance(document, list):
        return {name for item in document for name in placeholders(item)}
    return set()


def substitute(document: Any, values: Mapping[str, str]) -> Any:
    """The template with values in place of ``${trialParameters.x}``; values are never read as templates again."""
    if isinstance(document, str):
        return PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group(0)), document)
    if isinstance(document, dict):
        return {substitute(key, values): substitute(value, values) for key, value in document.items()}
    if isinstance(document, list):
        return [substitute(item, values) for item in document]
    return document


def values_of(template: Obj, source: Obj, assignment: Mapping[str, str], name: str, namespace: str) -> dict[str, str]:
    """trialParameters' names → values. ``source`` is the job's template as an object. Raises BadTemplate."""
    meta = source.get("metadata") or {}
    known: dict[str, Any] = {
        "Name": name,
        "Namespace": namespace,
        "Kind": source.get("kind", ""),
        "APIVersion": source.get("apiVersion", ""),
        "Annotations": meta.get("annotations") or {},
        "Labels": meta.get("labels") or {},
    }
    out: dict[str, str] = {}
    for parameter in template.get("trialParameters") or []:
        reference = str(parameter["reference"])
        key = meta_key(reference)
        value = assignment.get(reference) if key is None else known[key[0]]
        if key is not None and key[1]:
            value = value.get(key[1]) if isinstance(value, dict) else None
        if value is None:
            raise BadTemplate(f"illegal reference of trial parameter {parameter['name']}: {reference}")
        out[str(parameter["name"])] = str(value)
    return out


def run_spec(template: Obj, source: Obj | str, assignment: Mapping[str, str], name: str, namespace: str) -> Obj:
    """The job of a trial; ``source`` is the inline trialSpec or a ConfigMap's text. Raises BadTemplate."""
    plain = parse(source) if isinstance(source, str) else source
    values = values_of(template, plain, assignment, name, namespace)
    job = substitute(source, values)
    if isinstance(job, str):
        job = parse(job)
    if not isinstance(job.get("metadata"), dict):
        job["metadata"] = {}
    job["metadata"] |= {"name": name, "namespace": namespace}
    return dict(job)
