"""Pods on chosen hosts that serve and ask over HTTP: with the base image's Python alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from slipway.kube import Client, Obj

IMAGE = "slipway.local/base:0.1.0"
NAMESPACE = "default"
PORT = 8080
#: Serves the Pod's own name at every path.
SERVER = (
    "import http.server, os\n"
    "class Name(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(200)\n"
    "        self.end_headers()\n"
    "        self.wfile.write(os.environ['NAME'].encode())\n"
    f"http.server.HTTPServer(('0.0.0.0', {PORT}), Name).serve_forever()\n"
)
ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"


def server(name: str, node: str) -> Obj:
    """A Pod on a node that says its name."""
    container = {
        "name": "server",
        "image": IMAGE,
        "command": ["python3", "-c", SERVER],
        "env": [{"name": "NAME", "value": name}],
        "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
    }
    # Straight to the host: a control plane's taint keeps Pods out of scheduling, not off the host.
    spec = {"nodeName": node, "containers": [container], "terminationGracePeriodSeconds": 0}
    meta = {"name": name, "namespace": NAMESPACE, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def service(name: str) -> Obj:
    """A Service before the Pod of this name."""
    meta = {"name": name, "namespace": NAMESPACE}
    spec = {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": PORT}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}


def ask(kube: Client, pod: str, url: str, seconds: float = 120) -> str:
    """What a Pod gets from a URL, once it gets something. Raises AssertionError with the last failure."""
    said = ""

    def answered() -> bool:
        nonlocal said
        done = kube.exec(NAMESPACE, pod, ["python3", "-c", ASK, url], timeout=30)
        said = done.stdout.strip() if done.code == 0 else done.stderr[-300:]
        return done.code == 0

    until(answered, lambda: f"{pod} gets nothing from {url}: {said}", seconds)
    return said


def ready_address(kube: Client, pod: str, seconds: float = 180, namespace: str = NAMESPACE) -> str:
    """A Pod's address, once it is ready."""
    found: Obj = {}

    def ready() -> bool:
        nonlocal found
        found = kube.get("v1", "Pod", pod, namespace) or {}
        conditions = found.get("status", {}).get("conditions", [])
        return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)

    until(ready, lambda: f"{pod} is not ready: {found.get('status')}", seconds)
    return str(found["status"]["podIP"])


def until(true: Callable[[], bool], what: Callable[[], str], seconds: float) -> None:
    """Wait for something; AssertionError with ``what()`` after ``seconds``."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what()
        time.sleep(0.5)


def node_names(kube: Client) -> dict[str, Any]:
    """Node → whether it is Ready."""
    return {
        node["metadata"]["name"]: next(
            (item["status"] for item in node["status"].get("conditions", []) if item["type"] == "Ready"), ""
        )
        == "True"
        for node in kube.objects("v1", "Node")
    }
