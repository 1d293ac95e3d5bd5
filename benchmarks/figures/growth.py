"""How the time of an installation grows with components and with nodes: a real API server, and no kubelet.

What is measured is Slipway and the API server: rendering, applying, waiting, the inventory. Pods' own time is a
matter of the cluster's. Nodes are Node objects, as an API server sees them; real ones are in cluster_playbook.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from api_server import running
from contest.trees import component
from figure import Figure
from slipway.catalog import load_catalog
from slipway.kube import Client
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.planning.plan import Plan
from slipway.render import Facts, render
from slipway.render.images import unchanged

COMPONENTS = (5, 10, 20, 40)
NODES = (1, 10, 100)
#: As many objects as a component of the platform has in the middle.
MAPS = 12


def measure() -> list[Figure]:
    """Independent components on a fresh server, each number twice: installed, and again with nothing to do."""
    figures = []
    for count in COMPONENTS:
        with tempfile.TemporaryDirectory() as directory, running(Path(directory) / "api") as server:
            client = server.client
            first, again = _install(client, Path(directory) / "tree", count)
        text = f"install() of {count} components of {MAPS + 4} objects on an API server without a kubelet"
        figures.append(Figure(f"install {count} components", first, "s", text))
        figures.append(Figure(f"install {count} components again", again, "s", text))
    for count in NODES:
        with tempfile.TemporaryDirectory() as directory, running(Path(directory) / "api") as server:
            client = server.client
            for number in range(count):
                client.apply(_node(number), manager="bench")
            first, _ = _install(client, Path(directory) / "tree", 10)
        text = f"install() of 10 components on an API server with {count} Node objects"
        figures.append(Figure(f"install 10 components, {count} nodes", first, "s", text))
    return figures


def _install(client: Client, root: Path, count: int) -> tuple[float, float]:
    for number in range(count):
        component(root, f"c{number}", _objects(f"c{number}"))
    seconds = []
    for _ in range(2):
        start = time.monotonic()
        rendered = render(load_catalog(root, "bench"), {}, Facts("workbench", lambda: "192.0.2.10"), unchanged)
        plan = Plan("bench", "workbench", rendered, dict.fromkeys(rendered, 300))
        with Path("/dev/null").open("w") as nothing:
            done = install(plan, client, Reporter("plain", nothing))
        if not done.ok:
            sys.exit(str([str(outcome.error) for outcome in done.outcomes if outcome.error]))
        seconds.append(time.monotonic() - start)
    return seconds[0], seconds[1]


def _objects(name: str) -> list[dict[str, Any]]:
    def made(api: str, kind: str, object_name: str, **more: Any) -> dict[str, Any]:
        namespace = {} if kind == "Namespace" else {"namespace": name}
        return {"apiVersion": api, "kind": kind, "metadata": {"name": object_name, **namespace}, **more}

    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    return [
        made("v1", "Namespace", name),
        made("v1", "ServiceAccount", name),
        made("rbac.authorization.k8s.io/v1", "Role", name, rules=rules),
        made("v1", "Service", name, spec={"selector": {"app": name}, "ports": [{"port": 80}]}),
        *(made("v1", "ConfigMap", f"{name}-{number}", data={"text": "x" * 500}) for number in range(MAPS)),
    ]


def _node(number: int) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{number}"}}
