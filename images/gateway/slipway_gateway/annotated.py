"""Mappings in a Service's `getambassador.io/config` annotation: one or more YAML documents, flat or nested."""

from __future__ import annotations

import re
import reprlib
from typing import Any

import yaml

from slipway_gateway.model import Document, Faulty, Json, Source

ANNOTATION = "getambassador.io/config"
_API_VERSION = re.compile(r"^(getambassador\.io|ambassador)/(v1|v2|v3alpha1)$")
#: What a flat document says about itself; the rest is the spec.
_META = {"apiVersion", "kind", "name", "namespace", "generation", "metadata_labels"}
_MAX_NODES = 10_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(service: Json) -> tuple[list[Document], dict[Source, str]]:
    """The Mappings of a Service object, and why other documents of its annotation are not served.

    Kinds besides Mapping are refused here: the compact edition has no others.
    """
    meta = service["metadata"]
    text = (meta.get("annotations") or {}).get(ANNOTATION)
    if not text:
        return [], {}
    namespace, name = meta["namespace"], meta["name"]
    try:
        parsed = list(yaml.load_all(text, Loader=_LOADER))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = Source("Service", namespace, name, 1)
        return [], {where: f"the annotation {ANNOTATION} is not YAML: {' '.join(str(error).split())}"}
    documents: list[Document] = []
    refused: dict[Source, str] = {}
    for number, item in enumerate(parsed, start=1):
        if item is None:
            continue
        source = Source("Service", namespace, name, number)
        try:
            _check_size(item)
            documents.append(_document(source, item))
        except Faulty as fault:
            refused[source] = str(fault)
    return documents, refused


def _check_size(item: Any) -> None:
    """Aliases of aliases make a few lines of YAML endless; nothing may walk through such a document."""
    waiting, count = [item], 0
    while waiting:
        count += 1
        if count > _MAX_NODES:
            raise Faulty(f"more than {_MAX_NODES} values in one document")
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _document(source: Source, item: Any) -> Document:
    if not isinstance(item, dict) or not all(isinstance(key, str) for key in item):
        raise Faulty(f"an object is expected, not {reprlib.repr(item)}")
    version = item.get("apiVersion")
    if not isinstance(version, str) or not _API_VERSION.match(version):
        raise Faulty(f"apiVersion {reprlib.repr(version)} is not one of getambassador.io/v1, v2, v3alpha1")
    if item.get("kind") != "Mapping":
        raise Faulty(f"kind {reprlib.repr(item.get('kind'))} is not supported by the compact edition, only Mapping")
    nested = isinstance(item.get("metadata"), dict)
    meta = item["metadata"] if nested else item
    spec = item.get("spec") if nested else {key: value for key, value in item.items() if key not in _META}
    if not isinstance(spec, dict) or not all(isinstance(key, str) for key in spec):
        raise Faulty("spec: an object is expected")
    name, namespace = meta.get("name"), meta.get("namespace") or source.namespace
    if not isinstance(name, str) or not name:
        raise Faulty("name: is required")
    if not isinstance(namespace, str):
        raise Faulty("namespace: a string is expected")
    return Document(source, name, namespace, spec)
