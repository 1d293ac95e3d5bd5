"""One smoke test at a time in a project."""

from __future__ import annotations

from slipway.kube import Client, Ref
from slipway.kube.lease import API, Held
from slipway.progress import Reporter

NAME = "slipway-smoke"


class Lock(Held):
    """Held within a ``with``. Raises SlipwayError on entry when another run is under way."""

    def __init__(self, kube: Client, project: str, run: str, reporter: Reporter) -> None:
        super().__init__(kube, Ref(API, "Lease", project, NAME), run, "smoke test", reporter)
