"""The document: components, and which image contains which."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from slipway import __version__
from slipway.bundle.sbom.model import Part, purl
from slipway.bundle.sbom.suppliers import OURS

#: The serial number comes from the content, so that the same bundle gives the same document.
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
_ID = re.compile(r"^[A-Za-z0-9.+-]+$")


def text(parts: Iterable[Part], contains: Mapping[str, Iterable[str]], spdx: frozenset[str], made: datetime) -> str:
    """The JSON text. ``contains``: purl → the purls of what is in it; ``spdx``: the licence ids that SPDX knows;
    ``made``: when, in UTC."""
    unique: dict[str, Part] = {}
    for part in parts:
        known = unique.get(part.purl)
        # Of two records of the same package the one that says more.
        if known is None or (len(part.hashes), len(part.licenses)) > (len(known.hashes), len(known.licenses)):
            unique[part.purl] = part
    root = purl("generic", "slipway-bundle", __version__)
    inside = {name for names in contains.values() for name in names}
    graph = {root: sorted(set(unique) - inside), **{name: sorted(set(names)) for name, names in contains.items()}}
    body = {
        "components": [_component(part, spdx) for _, part in sorted(unique.items())],
        "dependencies": [{"ref": name, "dependsOn": names} for name, names in sorted(graph.items())],
    }
    number = uuid.uuid5(_NAMESPACE, json.dumps(body, sort_keys=True))
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {
            "timestamp": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "supplier": {"name": OURS},
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "slipway-bundle",
                "version": __version__,
                "supplier": {"name": OURS},
                "purl": root,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        **body,
    }
    return json.dumps(document, indent=1) + "\n"


def _component(part: Part, spdx: frozenset[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": part.kind, "bom-ref": part.purl, "name": part.name, "version": part.version}
    if part.supplier:
        found["supplier"] = {"name": part.supplier}
    if part.hashes:
        found["hashes"] = [{"alg": algorithm, "content": value} for algorithm, value in part.hashes]
    if part.licenses:
        found["licenses"] = licenses(part.licenses, spdx)
    return {**found, "purl": part.purl}


def licenses(names: tuple[str, ...], spdx: frozenset[str]) -> list[dict[str, Any]]:
    """As ids or one expression where SPDX knows them, else by name. The schema allows one expression and nothing
    beside it."""
    if len(names) == 1 and is_expression(names[0], spdx):
        return [{"expression": names[0]}]
    return [{"license": {"id": name} if name in spdx else {"name": name}} for name in names]


def is_expression(text_: str, spdx: frozenset[str]) -> bool:
    """Whether it joins ids of SPDX by AND, OR, WITH and brackets; a single id is no expression."""
    words = re.sub(r"[()]", " ", text_).split()
    ids = words[0::2]
    if len(words) < 3 or len(words) % 2 == 0 or any(word not in ("AND", "OR") for word in words[1::2]):
        return False
    return all(word in spdx for word in ids)
