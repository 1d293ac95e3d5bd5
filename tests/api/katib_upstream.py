"""Upstream's katib-controller with our manifests, against the API server of the tests."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from api_server import Server
from eventually import eventually
from slipway import paths
from slipway.catalog.load import read_component
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.readiness import probe
from slipway.readiness.context import ProbeContext
from slipway.readiness.probes.katib import API, experiment
from upstream_programs import alive, apply, confined, environment, free_ports, program, started, upstream
from upstream_programs import write_kubeconfig as write

CONTROLLER = program("katib-controller")
WITHOUT = "SLIPWAY_UPSTREAM names no directory with Katib's programs (make upstream)"
SERVICE = Ref("v1", "Service", "kubeflow", "katib-controller")
LABELS = {"katib.kubeflow.org/metrics-collector-injection": "enabled"}


def upstream_probe(context: ProbeContext) -> str:
    """The probe of the upstream edition, as its component.yaml has it."""
    path = "manifests/katib/0.19.0/upstream"
    component = read_component(paths.distribution() / path, f"{path}/component.yaml")
    return probe.find(component, component.probes[0])(context)


@dataclass(frozen=True)
class Running:
    """The controller, what it wrote, and the namespace of a test's experiments."""

    client: Client
    log: Path
    place: str

    def stored(self, kind: str, name: str) -> Obj:
        """{} where there is none."""
        return self.client.get(API, kind, name, self.place) or {}


def adapted(obj: Obj, webhook: int, metrics: int, health: int) -> Obj:
    """The object with ports of this test, and a Service that leads to this machine."""
    if obj["kind"].endswith("WebhookConfiguration"):
        for hook in obj["webhooks"]:
            hook["clientConfig"]["service"]["port"] = webhook
    if ref_of(obj) == SERVICE:
        obj["spec"] = {"type": "ExternalName", "externalName": "localhost"}
    if obj["metadata"]["name"] == "katib-config":
        config = yaml.safe_load(obj["data"]["katib-config.yaml"])
        addresses = {"metricsAddr": f"127.0.0.1:{metrics}", "healthzAddr": f"127.0.0.1:{health}"}
        config["init"]["controller"] |= {"webhookPort": webhook, **addresses}
        obj["data"]["katib-config.yaml"] = yaml.safe_dump(config)
    return obj


def write_certificate(client: Client, directory: Path) -> bool:
    """The kubelet's part: the Secret's keys become files."""
    secret = client.get("v1", "Secret", "katib-webhook-cert", "kubeflow") or {}
    for name, value in (secret.get("data") or {}).items():
        (directory / name).write_bytes(base64.b64decode(value))
    return bool(secret.get("data"))


@contextmanager
def controlled(
    server: Server,
    directory: Path,
    place: str,
    before: Callable[[Client, str], None],
    more: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """Upstream's controller at work for a namespace, into which ``before`` has put objects of the compact edition.

    ``more`` goes into its environment; a file ``hosts`` in the directory is its /etc/hosts.
    """
    client, ports = server.client, free_ports(3)
    rendered = upstream("katib")
    objects = [adapted(obj, *ports) for obj in rendered if obj["kind"] not in ("Deployment", "Mapping")]
    hooks = [obj for obj in objects if obj["kind"].endswith("WebhookConfiguration")]
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place, "labels": LABELS}})
    apply(client, [obj for obj in objects if obj not in hooks])
    before(client, place)
    apply(client, hooks)
    (config,) = [obj for obj in objects if obj["metadata"]["name"] == "katib-config"]
    (directory / "katib-config.yaml").write_text(config["data"]["katib-config.yaml"])
    write(server, "kubeflow", "katib-controller", directory / "kubeconfig")
    (directory / "cert").mkdir()
    log = directory / "log"
    given = {"KATIB_CORE_NAMESPACE": "kubeflow", "KUBECONFIG": "/tmp/kubeconfig"}
    env = environment(rendered, "katib-controller", given) | dict(more or {})
    assert CONTROLLER is not None, WITHOUT
    words = confined(directory, CONTROLLER, "--katib-config=/tmp/katib-config.yaml")
    with started(words, env, log) as process:
        try:
            eventually(lambda: write_certificate(client, directory / "cert"), "the certificate is made")
            eventually(lambda: b"Starting workers" in log.read_bytes(), "the controllers start")
            eventually(lambda: defaulted(client, place), "the webhooks answer")
            alive(process, log)
            yield Running(client, log, place)
        finally:
            clear(client, place, hooks)


def defaulted(client: Client, place: str) -> bool:
    """Whether an Experiment would get its defaults."""
    made = client.create(experiment("asked", place), dry_run=True)
    return "metricStrategies" in made["spec"]["objective"]


def clear(client: Client, place: str, hooks: list[Obj]) -> None:
    """Nobody is left to answer webhooks, and to take the finalizers away."""
    for obj in hooks:
        client.delete(ref_of(obj))
    for kind in ("Trial", "Suggestion", "Experiment"):
        for obj in client.objects(API, kind, place):
            client.patch(ref_of(obj), {"metadata": {"finalizers": None}})
            client.delete(ref_of(obj))
