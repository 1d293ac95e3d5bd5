"""The document: components, and which image contains which.

The library has SPDX's list of ids, the grammar of expressions and the document's form, which would have to be kept up
by hand otherwise; with what it needs it adds 0.8 MB of wheels to a bundle.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.bom_ref import BomRef
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import DisjunctiveLicense, License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from slipway import __version__
from slipway.bundle.sbom.model import Part, purl
from slipway.bundle.sbom.suppliers import OURS

#: The serial number comes from the content, so that the same bundle gives the same document.
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def text(parts: Iterable[Part], contains: Mapping[str, Iterable[str]], timestamp: datetime) -> str:
    """The JSON text. ``contains``: purl → the purls of what is in it; ``timestamp``: when, in UTC."""
    unique: dict[str, Part] = {}
    for part in parts:
        known = unique.get(part.purl)
        # Of two records of the same package the one that says more.
        if known is None or (len(part.hashes), len(part.licenses)) > (len(known.hashes), len(known.licenses)):
            unique[part.purl] = part
    name = "slipway-bundle"
    root = Part(purl("generic", name, __version__), name, __version__, "application", ("Apache-2.0",), supplier=OURS)
    inside = {name for names in contains.values() for name in names}
    graph = {root.purl: set(unique) - inside, **contains}
    bom = Bom(
        components=map(_component, unique.values()),
        dependencies=(Dependency(BomRef(name), map(_leaf, needs)) for name, needs in graph.items()),
        metadata=BomMetaData(component=_component(root), supplier=OrganizationalEntity(name=OURS), timestamp=timestamp),
    )
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    # The library adds every other component with no dependencies. That claims it has none; we do not know.
    document["dependencies"] = [item for item in document["dependencies"] if item["ref"] in graph]
    body = json.dumps([document["components"], document["dependencies"]], sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(_NAMESPACE, body)}"
    # The library writes +00:00 where every other time of ours ends with Z.
    document["metadata"]["timestamp"] = timestamp.strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps(document, indent=1) + "\n"


def _leaf(name: str) -> Dependency:
    return Dependency(BomRef(name))


def _component(part: Part) -> Component:
    return Component(
        type=ComponentType(part.kind),
        bom_ref=part.purl,
        name=part.name,
        version=part.version,
        supplier=OrganizationalEntity(name=part.supplier) if part.supplier else None,
        hashes=[HashType(alg=HashAlgorithm(algorithm), content=value) for algorithm, value in part.hashes],
        licenses=licenses(part.licenses),
        purl=PackageURL.from_string(part.purl),
    )


def licenses(names: tuple[str, ...]) -> list[License]:
    """As ids or one expression where SPDX knows them, else by name. The schema allows one expression and nothing
    beside it."""
    licences = [LicenseFactory().make_from_string(name) for name in names]
    if len(licences) == 1:
        return licences
    return [item if isinstance(item, DisjunctiveLicense) else DisjunctiveLicense(name=item.value) for item in licences]
