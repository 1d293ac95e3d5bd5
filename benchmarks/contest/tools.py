"""The contestants' programs, each built from its Go module as images/ are: pinned by go.mod and go.sum."""

from __future__ import annotations

import sys
from pathlib import Path

from figure import ROOT
from slipway import artifacts
from slipway.artifacts import contents, store
from slipway.errors import SlipwayError
from slipway.progress import Reporter

PEERS = ROOT / "benchmarks" / "peers"


def tools() -> dict[str, str]:
    """name → program, with kustomize, which Slipway itself calls. One that cannot be built is said and left out."""
    artifacts.ensure(["binary/kustomize", "binary/helm"], Reporter())
    found = {name: str(artifacts.binary(name)) for name in ("kustomize", "helm")}
    known = contents.read(PEERS)
    for name in known.owners:
        try:
            artifacts.ensure([f"binary/{name}"], Reporter(), known)
        except SlipwayError as error:
            print(f"  {name} is not measured: {error}", file=sys.stderr, flush=True)
            continue
        made = store.find(known.binary(name))
        if made is not None:
            found[name] = str(Path(made.path) / name)
    return found
