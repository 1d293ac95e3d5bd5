"""The Go half of Emissary-ingress 3.10 on our manifests: what it may read, whether it finds objects valid, statuses.

The program is built from Emissary's module (tests/upstream). What stands beside it in the image is not: diagd, which
makes Envoy's configuration of what the watcher tells it, is a test's listener here, and so Envoy is never started.
"""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_objects import namespace
from api_server import Server
from eventually import eventually
from slipway import artifacts, paths
from slipway.kube import Client, Obj, ref_of
from slipway.progress import Reporter
from upstream_programs import alive, apply, environment, forbidden, free_ports, started, upstream
from upstream_programs import write_kubeconfig as write

PLACE = "emissary-test"
WRITTEN = Path(__file__).parent / "editions"
#: Where the watcher keeps its picture of the cluster; the port is no setting.
SNAPSHOT = 9696
#: Kinds of definitions that Slipway does not bring, and of which Emissary says that it misses them.
ABSENT = {"gatewayclasses", "gateways", "httproutes"}
#: A key and a certificate of the form that Emissary looks for; what they hold is of no matter to its watcher.
TLS = {"tls.crt": "LS0t", "tls.key": "LS0t"}


@dataclass
class Listener:
    """Takes diagd's place: whatever it is told to look at, it keeps."""

    port: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)

    def serve(self) -> http.server.ThreadingHTTPServer:
        told = self.told

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                (url,) = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)["url"]
                with urllib.request.urlopen(url, timeout=30) as answer:
                    told.append(json.load(answer))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is logged."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_port
        return server


@dataclass(frozen=True)
class Running:
    """Emissary's watcher, what it told, and its program with the environment for other calls."""

    client: Client
    process: subprocess.Popen[bytes]
    program: Path
    env: dict[str, str]
    log: Path
    told: list[dict[str, Any]]

    def sees(self, section: str, name: str, place: str = PLACE) -> Obj:
        """The object as the last snapshot has it, {} when it is not in there."""
        alive(self.process, self.log)
        last: dict[str, Any] = self.told[-1] if self.told else {"Kubernetes": {}, "Invalid": []}
        found = last["Invalid"] if section == "Invalid" else last["Kubernetes"].get(section)
        here = [obj for obj in found or [] if (obj["metadata"].get("namespace", place), obj["metadata"]["name"])
                == (place, name)]  # fmt: skip
        return here[0] if here else {}


@pytest.fixture(scope="module")
def program() -> Path:
    """The program, built when it is not."""
    known = artifacts.catalogue(paths.distribution() / "tests" / "upstream")
    name = "busyambassador"
    return artifacts.ensure([f"binary/{name}"], Reporter(), known)[f"binary/{name}"].path / name


@pytest.fixture(scope="module")
def running(module_server: Server, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Emissary, started with the environment of our Deployment and the rights of its ServiceAccount."""
    directory, client = tmp_path_factory.mktemp("emissary"), module_server.client
    objects = upstream("gateway")
    apply(client, list(objects))
    client.create(namespace(PLACE))
    write(module_server, "ambassador", "gateway", directory / "kubeconfig")
    (directory / "bin").mkdir()
    diagd = directory / "bin" / "diagd"
    diagd.write_text("#!/bin/sh\nexec sleep infinity\n")
    diagd.chmod(0o755)
    listener = Listener()
    server = listener.serve()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    given = {"AMBASSADOR_NAMESPACE": "ambassador", "HOST_IP": "127.0.0.1"}
    health, unused = free_ports(2)
    env = environment(objects, "gateway", given) | {
        "KUBECONFIG": str(directory / "kubeconfig"),
        "HOME": str(directory),
        "PATH": f"{diagd.parent}:/usr/bin:/bin",
        "ambassador_root": str(directory),
        "AMBASSADOR_HEALTHCHECK_BIND_ADDRESS": "127.0.0.1",
        "AMBASSADOR_HEALTHCHECK_BIND_PORT": str(health),
        "AMBASSADOR_DIAGD_BIND_PORT": str(unused),
        "DEV_AMBASSADOR_EVENT_HOST": f"http://127.0.0.1:{listener.port}",
    }
    log = directory / "log"
    with started([program, "entrypoint"], env, log) as process:
        yield Running(client, process, program, env, log, listener.told)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def written(running: Running) -> list[Obj]:
    """One object of every kind of the API, as users write them on both editions."""
    found = list(yaml.safe_load_all((WRITTEN / "valid-gateway.yaml").read_text()))
    for obj in found:
        obj["metadata"]["namespace"] = PLACE
        running.client.apply(obj)
    return found


def test_it_serves_what_the_manifests_bring(running: Running) -> None:
    """Without a Listener nothing is served, without a Host that takes them no Mapping."""
    for section, name in (("Listener", "http"), ("Host", "any"), ("Module", "ambassador")):
        eventually(partial(running.sees, section, name, "ambassador"), f"the {section} is seen")
    for service in ("ambassador", "ambassador-admin"):
        eventually(partial(running.sees, "service", service, "ambassador"), f"the Service {service} is seen")


def test_it_reads_every_kind_that_users_write(running: Running, written: list[Obj]) -> None:
    """Which it takes for absent where the ClusterRole does not have it: each kind has to be seen."""
    for obj in written:
        section, name = obj["kind"], obj["metadata"]["name"]
        seen = eventually(partial(running.sees, section, name), f"{section}/{name} is seen")
        assert seen["apiVersion"] == "getambassador.io/v3alpha1"


def test_it_finds_valid_what_our_schemas_let_through(running: Running, written: list[Obj]) -> None:
    """By schemas of its own."""
    for obj in written:
        eventually(partial(running.sees, obj["kind"], obj["metadata"]["name"]), f"{ref_of(obj)} is seen")
    faults = {obj["metadata"]["name"]: obj["errors"] for obj in running.told[-1]["Invalid"] or []}
    assert {name: faults[name] for name in faults if name != "older"} == {}


def test_what_only_an_older_version_can_say_is_told(running: Running) -> None:
    """A header that is `true`: the compact edition reads it, Emissary says what is wrong until it is v2BoolHeaders."""
    meta = {"name": "older", "namespace": PLACE}
    mapping: Obj = {"apiVersion": "getambassador.io/v2", "kind": "Mapping", "metadata": meta}
    mapping["spec"] = {"prefix": "/older/", "service": "older", "headers": {"x-any": True}}
    running.client.apply(mapping)
    seen = eventually(lambda: running.sees("Invalid", "older"), "it is found invalid")
    assert "headers" in seen["errors"]
    assert not running.sees("Mapping", "older")
    mapping["spec"] = {"prefix": "/older/", "service": "older", "v2BoolHeaders": ["x-any"]}
    running.client.apply(mapping)
    eventually(lambda: running.sees("Mapping", "older"), "it is served")
    assert not running.sees("Invalid", "older")


def native() -> list[Obj]:
    """What requests go to, and what certificates and routes may lie in."""
    meta = {"namespace": PLACE}
    config = yaml.safe_dump({"apiVersion": "ambassador/v2", "kind": "Mapping", "name": "noted", "prefix": "/noted/",
                             "service": "shop"})  # fmt: skip
    slices = {"kubernetes.io/service-name": "shop"}
    endpoint = {"addresses": ["10.1.2.3"], "conditions": {"ready": True}}
    backend = {"service": {"name": "shop", "port": {"number": 8080}}}
    return [
        {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 8080}]},
         "metadata": {**meta, "name": "shop", "annotations": {"getambassador.io/config": config}}},
        {"apiVersion": "v1", "kind": "Endpoints", "metadata": {**meta, "name": "shop"},
         "subsets": [{"addresses": [{"ip": "10.1.2.3"}], "ports": [{"port": 8080}]}]},
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
         "metadata": {**meta, "name": "shop-a", "labels": slices}, "endpoints": [endpoint],
         "ports": [{"port": 8080}]},
        {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "data": TLS,
         "metadata": {**meta, "name": "example-tls"}},
        {"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "b"}, "metadata": {**meta, "name": "private"}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "emissary-test"},
         "spec": {"controller": "getambassador.io/ingress-controller"}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {**meta, "name": "shop"},
         "spec": {"ingressClassName": "emissary-test", "defaultBackend": backend}},
    ]  # fmt: skip


SECTIONS = {"Service": "service", "Secret": "secret", "Ingress": "ingresses", "IngressClass": "ingressclasses"}


def test_it_reads_what_requests_need(running: Running, written: list[Obj]) -> None:
    """Services and their addresses, Ingresses, and of the Secrets those that a Host names."""
    objects = native()
    for obj in objects:
        running.client.apply(obj)
    for obj in objects:
        section, name = SECTIONS.get(str(obj["kind"]), str(obj["kind"])), obj["metadata"]["name"]
        if name != "private":
            eventually(partial(running.sees, section, name), f"{obj['kind']}/{name} is seen")
    assert not running.sees("secret", "private")
    noted = running.told[-1]["Kubernetes"]["annotations"][f"Service/shop.{PLACE}"]
    assert [obj["metadata"]["name"] for obj in noted] == ["noted"]


def status(running: Running, kind: str, name: str) -> subprocess.CompletedProcess[str]:
    """Emissary's own call for a status."""
    words = ["kubestatus", "--namespace", PLACE, kind, name, "--update", "/dev/stdin"]
    told = json.dumps({"state": "Running"})
    return subprocess.run(
        [running.program, *words], env=running.env, input=told, capture_output=True, text=True, timeout=120
    )


def test_it_may_write_the_status_of_mappings_and_no_other(running: Running, written: list[Obj]) -> None:
    done = status(running, "Mapping", "shop")
    assert done.returncode == 0, done.stderr
    mapping = running.client.get("getambassador.io/v3alpha1", "Mapping", "shop", PLACE)
    assert mapping is not None and mapping["status"] == {"state": "Running"}
    refused = status(running, "Host", "example")
    assert refused.returncode != 0
    assert "cannot update resource" in refused.stderr


def test_it_misses_only_what_slipway_does_not_bring(running: Running, written: list[Obj]) -> None:
    """Its log, after the tests above: nothing that it asked for was forbidden."""
    eventually(lambda: running.sees("Mapping", "shop"), "it has started")
    assert forbidden(running.log) == []
    lines = [line for line in running.log.read_text().splitlines() if "unable to watch" in line]
    missed = {line.partition("unable to watch ")[2].partition(".")[0] for line in lines}
    assert {name for name in missed if "knative" not in name} <= ABSENT, lines
