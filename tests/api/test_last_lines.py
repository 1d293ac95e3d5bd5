"""A process that ends at once: the error shows its last lines, which the API server fetches from the node's kubelet."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from api_objects import Obj, deployment, namespace
from certificate import self_signed
from eventually import eventually
from slipway.catalog import load_catalog
from slipway.kube import Client, ref_of
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.planning.plan import Plan
from slipway.render import Facts, render
from slipway.render.images import unchanged

#: The API server whose controllers make pods.
SERVER = "faulty_server"

Tree = Callable[..., Path]


@contextlib.contextmanager
def kubelet(directory: Path, lines: str, asked: list[str]) -> Iterator[int]:
    """The port of a kubelet that knows one log; ``asked`` gets the requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = lines.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(directory, 1))
    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.socket = context.wrap_socket(found.socket, server_side=True)
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    try:
        yield found.server_port
    finally:
        found.shutdown()
        found.server_close()
        thread.join()


def node(client: Client, name: str, port: int) -> Obj:
    """A Node whose kubelet listens on the port."""
    made = client.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    status = {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    return client.patch(ref_of(made), {"status": status}, subresource="status")


def crash(client: Client, place: str, name: str) -> None:
    """The scheduler binds the pod, and its process ends again and again."""
    pod = eventually(lambda: client.objects("v1", "Pod", place), "the pod")[0]
    path = f"/api/v1/namespaces/{place}/pods/{pod['metadata']['name']}/binding"
    meta = {"name": pod["metadata"]["name"]}
    target = {"apiVersion": "v1", "kind": "Node", "name": name}
    client.request("POST", path, body={"apiVersion": "v1", "kind": "Binding", "metadata": meta, "target": target})
    status = {
        "name": "main",
        "image": "slipway.local/base:0.1.0",
        "imageID": "",
        "ready": False,
        "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}},
        "lastState": {"terminated": {"exitCode": 13, "reason": "Error"}},
    }
    client.patch(ref_of(pod), {"status": {"phase": "Running", "containerStatuses": [status]}}, subresource="status")


def test_the_last_lines_and_the_remedy_that_follows_from_them(
    client: Client, tree: Tree, reporter: Reporter, unique: str, tmp_path: Path
) -> None:
    root = tree({unique: {"objects": [namespace(unique), deployment(unique, "web")]}})
    rendered = render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)
    asked: list[str] = []
    log = "starting\nPermissionError: [Errno 13] Permission denied: '/data/db'\n"
    with kubelet(tmp_path, log, asked) as port:
        made = node(client, unique, port)
        thread = threading.Thread(target=crash, args=(client, unique, unique))
        thread.start()
        done = install(Plan("test", "workbench", rendered, dict.fromkeys(rendered, 15.0)), client, reporter)
        thread.join()
        client.delete(ref_of(made))
    error = done.outcomes[0].error
    assert error is not None
    assert "container main: CrashLoopBackOff: back-off 40s restarting failed container" in error.what
    assert "its process ended with code 13" in error.what
    lines = list(error.details)
    assert lines[-2:] == ["    starting", "    PermissionError: [Errno 13] Permission denied: '/data/db'"]
    assert "fsGroup" in error.remedy
    query = parse_qs(urlsplit(asked[0]).query)
    assert (query["previous"], query["tailLines"]) == (["true"], ["8"])
    shown = str(reporter.stream.getvalue())  # type: ignore[attr-defined]
    assert "CrashLoopBackOff: back-off 40s" in next(
        line for line in shown.splitlines() if "(web-" in line or "Pod web-" in line
    )
