"""The probes of a revision's components: as they were written, also by versions that wrote names alone."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest
from slipway import paths
from slipway.catalog import Component, ProbeSpec, load_catalog, overlays
from slipway.release.state.revisions.model import Origin, Revision, Stored, decode, encode

ROOT = paths.distribution()
COMPONENTS = {
    f"{overlay}-{name}": component
    for overlay in overlays(ROOT)
    for name, component in load_catalog(ROOT, overlay).components.items()
}


def revision(component: Component) -> Revision:
    stored = {component.name: Stored(component, {}, "digest", ())}
    return Revision(1, Origin(), "test", "workbench", "0", "2026-01-01T00:00:00Z", stored)


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=COMPONENTS)
def test_probes_come_back_as_they_were(component: Component) -> None:
    again = decode(encode(revision(component))).components[component.name].component
    assert again.probes == component.probes
    assert replace(again, path=component.path, parts=component.parts) == component


def test_of_names_alone_those_are_asked_that_are_functions_still() -> None:
    value = json.loads(gzip.decompress(encode(revision(COMPONENTS["embedded-argo"]))))
    value["components"]["argo"]["component"]["probes"] = ["dag", "server"]
    again = decode(gzip.compress(json.dumps(value).encode())).components["argo"].component
    assert again.probes == (ProbeSpec("dag"),)
