"""A Pod that keeps counting into a shared volume and answers with what it has, and who asks it all the time."""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from slipway.kube import Client, Obj
from slipway.naming import own_image

NAMESPACE, NAME, PORT = "upgrade-test", "counter", 30090

_PROGRAM = """
import http.server, json, pathlib, socket, threading, time
count = pathlib.Path("/volume/upgrade-test-count")
began = int(count.read_text()) if count.exists() else 0
seen = [began]

def go():
    while True:
        seen[0] += 1
        count.write_text(str(seen[0]))
        time.sleep(0.2)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            name = socket.gethostbyname("kubernetes.default.svc.cluster.local")
        except OSError as error:
            name = ""
        body = json.dumps({"began": began, "count": seen[0], "name": name}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass

threading.Thread(target=go, daemon=True).start()
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""


def objects(server: str) -> list[Obj]:
    """Namespace, Deployment, Service, and data that only etcd has; ``server`` exports the volume ``data``."""
    meta = {"name": NAME, "namespace": NAMESPACE}
    container = {
        "name": "main",
        "image": own_image("base"),
        "command": ["python3", "-u", "-c", _PROGRAM],
        "volumeMounts": [{"name": "volume", "mountPath": "/volume"}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1, "timeoutSeconds": 10},
    }
    pod = {
        "metadata": {"labels": {"app": NAME}},
        "spec": {
            "securityContext": {"runAsUser": 1000, "runAsGroup": 100, "fsGroup": 100},
            "containers": [container],
            "volumes": [{"name": "volume", "nfs": {"server": server, "path": "/data"}}],
        },
    }
    deployment = {"selector": {"matchLabels": {"app": NAME}}, "template": pod}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"word": "kept"}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta,
            "spec": deployment,
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {
                "type": "NodePort",
                "selector": {"app": NAME},
                "ports": [{"port": 80, "targetPort": 8080, "nodePort": PORT}],
            },
        },
    ]


def pod(kube: Client) -> Obj:
    """The one Pod."""
    (found,) = kube.objects("v1", "Pod", NAMESPACE)
    return found


def ask(host: str, seconds: float = 10) -> dict[str, Any]:
    """What the Pod answers through the Service's port on the node."""
    connection = http.client.HTTPConnection(host, PORT, timeout=seconds)
    try:
        connection.request("GET", "/")
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer
    finally:
        connection.close()


@dataclass
class Watch:
    """Asks the workload and the API server again and again in threads of its own, until it is left."""

    host: str
    server: str
    answers: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    away: float = 0.0
    _end: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Watch:
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._workload, self._api_server)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _workload(self) -> None:
        while not self._end.wait(0.2):
            try:
                self.answers.append(ask(self.host))
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.failures.append(f"{time.strftime('%H:%M:%S')} {error!r}")

    def _api_server(self) -> None:
        kube, last = Client.from_kubeconfig(self.server), time.monotonic()
        while not self._end.wait(0.2):
            try:
                kube.request("GET", "/readyz")
            except Exception:
                continue
            self.away = max(self.away, time.monotonic() - last)
            last = time.monotonic()
