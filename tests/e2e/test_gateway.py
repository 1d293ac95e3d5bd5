"""The Ambassador API in the running cluster: Mappings, annotations, canaries, faulty objects."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from slipway.kube import ApiError, Client, Obj, ref_of

API = "getambassador.io/v3alpha1"
IMAGE = "slipway.local/base:0.1.0"
#: Answers every request with the Pod's name and the path.
SERVER = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        text = f"{os.environ['NAME']} {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""

Create = Callable[[Obj], Obj]
Eventually = Callable[..., Any]


def mapping(namespace: str, name: str, api: str = API, **spec: Any) -> Obj:
    return {"apiVersion": api, "kind": "Mapping", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def backend(namespace: str, name: str) -> tuple[Obj, Obj]:
    """A Pod that answers, and its Service."""
    meta = {"name": name, "namespace": namespace, "labels": {"e2e-backend": name}}
    locked = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
    container = {
        "name": "server",
        "image": IMAGE,
        "command": ["python3", "-c", SERVER],
        "env": [{"name": "NAME", "value": name}],
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": locked,
    }
    account = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"containers": [container], "securityContext": account, "terminationGracePeriodSeconds": 1}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    service = {"selector": {"e2e-backend": name}, "ports": ports}
    return pod, {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": service}


def ask(url: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def status(kube: Client, namespace: str, name: str) -> Obj:
    """The status, once it is about the present spec."""
    found = kube.get(API, "Mapping", name, namespace) or {}
    said: Obj = found.get("status") or {}
    return said if said.get("observedGeneration") == found["metadata"]["generation"] else {}


@pytest.fixture
def blue(create: Create, project: str, temp_name: str) -> str:
    """A running backend's name."""
    return _running(create, project, f"{temp_name}-blue")


def _running(create: Create, project: str, name: str) -> str:
    for obj in backend(project, name):
        create(obj)
    return name


@pytest.mark.parametrize("api", ["getambassador.io/v3alpha1", "getambassador.io/v2"])
def test_a_mapping_of_either_version_is_served_and_says_so(
    kube: Client, gateway: str, create: Create, eventually: Eventually, project: str, blue: str, api: str
) -> None:
    created = create(mapping(project, blue, api, prefix=f"/{blue}/", service=blue, use_websocket=True))
    eventually(lambda: ask(f"{gateway}/{blue}/x")[1] == f"{blue} /x", what="the Mapping is served")
    assert eventually(lambda: status(kube, project, blue))["state"] == "Running"
    kube.delete(ref_of(created))
    eventually(lambda: ask(f"{gateway}/{blue}/x")[0] == 404, what="the deleted Mapping is gone")


def test_the_users_objects_are_left_as_they_are(
    kube: Client, create: Create, eventually: Eventually, project: str, blue: str
) -> None:
    create(mapping(project, blue, prefix=f"/{blue}/", service=blue))
    eventually(lambda: status(kube, project, blue))
    found = kube.get(API, "Mapping", blue, project) or {}
    assert "annotations" not in found["metadata"]
    assert "finalizers" not in found["metadata"]


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"prefix": "/x(", "prefix_regex": True}, "no regular expression"),
        ({"prefix": "no-slash"}, "does not begin with /"),
        ({"service": "ftp://x"}, "scheme ftp is not supported"),
        ({"service": "x:99999"}, "is no port"),
        ({"weight": 400}, "from 0 to 100"),
        ({"headers": {"x": [1]}}, "has a string or true"),
        ({"add_request_headers": {"x": "%NO_SUCH_THING%"}}, "NO_SUCH_THING"),
        ({"tls": "some-context"}, "there is no TLSContext some-context"),
        ({"envoy_override": {}}, "not supported by the compact edition"),
    ],
)
def test_a_faulty_mapping_is_told_why_and_harms_nobody(
    kube: Client,
    gateway: str,
    create: Create,
    eventually: Eventually,
    project: str,
    temp_name: str,
    spec: Obj,
    reason: str,
) -> None:
    admin = "ambassador-admin.ambassador:8877"
    create(mapping(project, f"{temp_name}-bad", **{"prefix": f"/{temp_name}/", "service": "x", **spec}))
    create(mapping(project, temp_name, prefix=f"/{temp_name}-good/", rewrite="/ambassador/v0/", service=admin))
    said = eventually(lambda: status(kube, project, f"{temp_name}-bad"), what="a status")
    assert said["state"] == "Inactive"
    assert reason in said["reason"]
    eventually(lambda: ask(f"{gateway}/{temp_name}-good/check_ready")[0] == 200, what="the good one is served")

    kube.patch(
        ref_of(mapping(project, f"{temp_name}-bad")),
        {"spec": dict.fromkeys(spec) | {"prefix": f"/{temp_name}/", "service": "x"}},
    )
    mended = eventually(lambda: status(kube, project, f"{temp_name}-bad"), what="a new status")
    assert mended["state"] == "Running"


@pytest.mark.parametrize(
    "spec",
    [
        {"service": "x"},
        {"prefix": "/x/"},
        {"prefix": 7, "service": "x"},
        {"prefix": "/x/", "service": "x", "timeout_ms": "long"},
        {"prefix": "/x/", "service": "x", "load_balancer": {"policy": "best"}},
    ],
)
def test_what_the_schema_knows_is_refused_at_once(kube: Client, project: str, temp_name: str, spec: Obj) -> None:
    with pytest.raises(ApiError) as refusal:
        kube.create(mapping(project, temp_name, **spec), dry_run=True)
    assert refusal.value.status == 422


def test_canary_weights(gateway: str, create: Create, eventually: Eventually, project: str, blue: str) -> None:
    green = _running(create, project, f"{blue}-green")
    create(mapping(project, blue, prefix=f"/{blue}/", service=blue))
    create(mapping(project, green, prefix=f"/{blue}/", service=green, weight=30))
    url = f"{gateway}/{blue}/"
    eventually(lambda: {ask(url)[0] for _ in range(10)} == {200}, what="both backends answer")
    counted = Counter(ask(url)[1].split()[0] for _ in range(300))
    # 300 throws at 30 %: mean 90, deviation 8; five deviations either way.
    assert 50 <= counted[green] <= 130
    assert counted[blue] == 300 - counted[green]


def test_weights_over_100_serve_nobody_until_they_are_mended(
    kube: Client, gateway: str, create: Create, eventually: Eventually, project: str, blue: str
) -> None:
    for number, weight in enumerate((60, 50)):
        create(mapping(project, f"{blue}-{number}", prefix=f"/{blue}/", service=blue, weight=weight))
    said = eventually(lambda: status(kube, project, f"{blue}-0").get("state") == "Inactive" and True)
    assert said
    assert ask(f"{gateway}/{blue}/")[0] == 404
    kube.patch(ref_of(mapping(project, f"{blue}-1")), {"spec": {"weight": 40}})
    eventually(lambda: {ask(f"{gateway}/{blue}/")[0] for _ in range(10)} == {200})


def test_an_annotated_service(
    kube: Client, gateway: str, create: Create, eventually: Eventually, project: str, blue: str
) -> None:
    good = f"apiVersion: ambassador/v1\nkind: Mapping\nname: m\nprefix: /{blue}/\nservice: {blue}.{project}:80\n"
    bad = "apiVersion: ambassador/v1\nkind: AuthService\nname: a\n"
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": blue, "namespace": project}}
    annotate = {"metadata": {"annotations": {"getambassador.io/config": f"---\n{good}---\n{bad}"}}}
    kube.patch(ref_of(service), annotate)
    eventually(lambda: ask(f"{gateway}/{blue}/x")[1] == f"{blue} /x", what="the annotation is served")

    def told() -> list[Obj]:
        events = kube.objects("v1", "Event", project, fields=f"involvedObject.name={blue},reason=MappingInactive")
        return [event for event in events if "AuthService" in event["message"]]

    assert "document 2" in eventually(told, what="an Event about the other document")[0]["message"]
    kube.patch(ref_of(service), {"metadata": {"annotations": {"getambassador.io/config": None}}})
    eventually(lambda: ask(f"{gateway}/{blue}/x")[0] == 404, what="without the annotation nothing is served")


def test_hosts_and_headers(gateway: str, create: Create, eventually: Eventually, project: str, blue: str) -> None:
    create(mapping(project, f"{blue}-host", hostname=f"{blue}.example.org", prefix="/", service=blue))
    create(
        mapping(project, f"{blue}-head", prefix=f"/{blue}/", service=blue, headers={"x-e2e": blue}, rewrite="/head/")
    )
    eventually(lambda: ask(f"{gateway}/y", Host=f"{blue}.example.org")[1] == f"{blue} /y")
    eventually(lambda: ask(f"{gateway}/{blue}/y", x_e2e=blue)[1] == f"{blue} /head/y")
    assert ask(f"{gateway}/{blue}/y", x_e2e="other")[0] == 404


def test_health_as_upstream_tells_it(gateway: str) -> None:
    assert ask(f"{gateway}/ambassador/v0/check_alive") == (200, "Ambassador is alive and well\n")
    assert ask(f"{gateway}/ambassador/v0/check_ready") == (200, "Ambassador is ready and waiting\n")
