"""The contestants' programs, each built from its Go module as images/ are: pinned by go.mod and go.sum."""

from __future__ import annotations

import compileall
import os
import sys
from pathlib import Path

from figure import ROOT
from slipway import artifacts
from slipway.artifacts import contents, store
from slipway.errors import SlipwayError
from slipway.progress import Reporter

PEERS = ROOT / "benchmarks" / "peers"


def tools() -> dict[str, str]:
    """name → program, with kustomize, which Slipway itself calls. One that cannot be built is said and left out.

    $PEERS, with commas, names those that are wanted; default: all.
    """
    # As pip does with what it installs; a checkout whose tests write no bytecode has none.
    compileall.compile_dir(ROOT / "installer" / "slipway", quiet=1)
    artifacts.ensure(["binary/kustomize", "binary/helm"], Reporter())
    found = {name: str(artifacts.binary(name)) for name in ("kustomize", "helm")}
    known = contents.read(PEERS)
    wanted = os.environ.get("PEERS", ",".join(known.owners)).split(",")
    for name in (name for name in known.owners if name in wanted):
        try:
            artifacts.ensure([f"binary/{name}"], Reporter(), known)
        except SlipwayError as error:
            print(f"  {name} is not measured: {error}", file=sys.stderr, flush=True)
            continue
        made = store.find(known.binary(name))
        if made is not None:
            found[name] = str(Path(made.path) / name)
    return found
