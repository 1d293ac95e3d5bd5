"""Upstream editions: whole references, ports that meet, and the parts that overlays add to the gateway."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml
from slipway import paths
from slipway.catalog import load_catalog
from slipway.catalog.load import load_lock, read_component
from slipway.catalog.selection import Choice
from slipway.kube import Obj, ref_of
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged
from slipway.render.kustomize import build, copied_tree

ROOT = paths.distribution()
COMPONENTS = ("gateway", "katib", "seldon")
#: registry/path:tag; a registry is never left to a default.
WHOLE = re.compile(r"^[a-z0-9.-]+\.[a-z]+(?::\d+)?/[a-z0-9._/-]+:[A-Za-z0-9._-]+(?:@sha256:[0-9a-f]{64})?$")


@cache
def upstream(name: str) -> Rendered:
    """The upstream edition of a component, as the embedded overlay would have it."""
    catalog = load_catalog(ROOT, "embedded", [name], follow=False, choices={name: Choice(edition="upstream")})
    return render(catalog, {}, Facts("workbench", lambda: "192.0.2.10"), unchanged)[name]


def of_kind(name: str, kind: str) -> list[Obj]:
    return [obj for obj in upstream(name).objects if obj["kind"] == kind]


def templates(name: str) -> Iterator[tuple[Obj, dict[str, Any]]]:
    """(workload, pod template) of Deployments, StatefulSets and DaemonSets."""
    for obj in upstream(name).objects:
        if obj["kind"] in ("Deployment", "StatefulSet", "DaemonSet"):
            yield obj, obj["spec"]["template"]


def ports(pod: dict[str, Any]) -> dict[Any, int]:
    """Name and number → number, of all ports of a pod's containers."""
    found = [port for container in pod["containers"] for port in container.get("ports") or []]
    named = {port["name"]: port["containerPort"] for port in found if "name" in port}
    return {port["containerPort"]: port["containerPort"] for port in found} | named


@pytest.mark.parametrize("name", COMPONENTS)
def test_nothing_of_ours_is_needed(name: str) -> None:
    assert upstream(name).component.images == ()
    assert "slipway.local" not in json.dumps(upstream(name).objects)


@pytest.mark.parametrize("name", COMPONENTS)
def test_images_are_whole_references(name: str) -> None:
    for obj, template in templates(name):
        pod = template["spec"]
        for container in [*(pod.get("initContainers") or []), *pod["containers"]]:
            assert WHOLE.match(container["image"]), f"{ref_of(obj)}: {container['image']}"


@pytest.mark.parametrize("name", COMPONENTS)
def test_services_reach_ports_that_there_are(name: str) -> None:
    for service in of_kind(name, "Service"):
        selector = service["spec"].get("selector") or {}
        pods = [t["spec"] for _, t in templates(name) if selector.items() <= t["metadata"]["labels"].items()]
        assert pods, f"{ref_of(service)} selects nothing"
        for port in service["spec"]["ports"]:
            assert port.get("targetPort", port["port"]) in ports(pods[0]), f"{ref_of(service)}: {port}"


@pytest.mark.parametrize("name", COMPONENTS)
def test_webhooks_use_ports_of_their_services(name: str) -> None:
    services = {(s["metadata"]["namespace"], s["metadata"]["name"]): s for s in of_kind(name, "Service")}
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for obj in of_kind(name, kind):
            for hook in obj["webhooks"]:
                chosen = hook["clientConfig"]["service"]
                service = services[chosen["namespace"], chosen["name"]]
                assert chosen.get("port", 443) in [p["port"] for p in service["spec"]["ports"]], hook["name"]


def test_seldon_knows_whole_images_of_its_servers() -> None:
    """What is split over "image" and "defaultImageVersion" would be found by nobody who copies images."""
    (config,) = (obj for obj in of_kind("seldon", "ConfigMap") if obj["metadata"]["name"] == "seldon-config")
    parts = {key: json.loads(text) for key, text in config["data"].items()}
    servers = [p for server in parts["predictor_servers"].values() for p in server["protocols"].values()]
    images = [p["image"] for p in servers] + [parts["storageInitializer"]["image"], *parts["explainer"].values()]
    assert len(servers) >= 10 and all(set(p) == {"image"} for p in servers)
    assert all(WHOLE.match(image) for image in images), images
    variables = {v["name"]: v.get("value") for v in manager()["env"]}
    assert WHOLE.match(str(variables["EXECUTOR_CONTAINER_IMAGE_AND_VERSION"]))


def manager() -> dict[str, Any]:
    """The container of Seldon's operator."""
    ((_, template),) = templates("seldon")
    return dict(template["spec"]["containers"][0])


def test_seldon_makes_its_certificate_in_a_writable_place() -> None:
    """--create-resources writes it to a fixed directory, and serves on the port that the webhook's Service has."""
    assert "--create-resources=true" in manager()["args"]
    assert manager()["volumeMounts"][0]["mountPath"] == "/tmp/k8s-webhook-server"
    (service,) = of_kind("seldon", "Service")
    number = ports({"containers": [manager()]})[service["spec"]["ports"][0]["targetPort"]]
    assert f"--webhook-port={number}" in manager()["args"]


def gateway_with(*parts: str, **settings: str) -> dict[tuple[str, str], Obj]:
    """kind, name → object of the gateway's upstream edition with parts, by kustomize alone."""
    version = load_lock(ROOT)["gateway"]
    folder = f"manifests/gateway/{version}/upstream"
    component = read_component(ROOT / folder, f"{folder}/component.yaml")
    values = {s.name: str(s.default) for s in component.settings} | settings
    with copied_tree(ROOT) as tree:
        place = tree / "overlays" / "test" / "gateway"
        place.mkdir(parents=True)
        base = f"../../../{folder}"
        generator = {"name": "settings", "envs": ["settings.env"], "options": {"disableNameSuffixHash": True}}
        kustomization = {
            "resources": [base],
            "components": [*(f"{base}/{part}" for part in parts), f"{base}/settings"],
            "configMapGenerator": [generator],
        }
        (place / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        (place / "settings.env").write_text("".join(f"{k}={v}\n" for k, v in values.items()))
        return {(obj["kind"], obj["metadata"]["name"]): obj for obj in build(place, "test")}


def test_tls_is_a_listener_a_certificate_and_a_port() -> None:
    found = gateway_with("tls", "load-balancer", tls_secret="mine", cleartext="Redirect", ambassador_id="blue")
    host, service = found["Host", "any"]["spec"], found["Service", "ambassador"]["spec"]
    assert host["tlsSecret"] == {"name": "mine"}
    assert host["requestPolicy"]["insecure"]["action"] == "Redirect"
    listener = found["Listener", "https"]["spec"]
    assert (listener["port"], listener["protocol"]) == (8443, "HTTPS")
    for kind, name in (("Listener", "http"), ("Listener", "https"), ("Host", "any"), ("Module", "ambassador")):
        assert found[kind, name]["spec"]["ambassador_id"] == ["blue"]
    assert service["type"] == "LoadBalancer"
    assert [(p["name"], p["port"]) for p in service["ports"]] == [("http", 80), ("https", 443)]


def test_host_ports_and_node_ports() -> None:
    found = gateway_with("host-ports", "node-port", http_host_port="8081", node_port="30090")
    deployment = found["Deployment", "gateway"]["spec"]
    given = {p["name"]: p.get("hostPort") for p in deployment["template"]["spec"]["containers"][0]["ports"]}
    assert given == {"http": 8081, "https": 443, "admin": None}
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}
    assert found["Namespace", "ambassador"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert found["Service", "ambassador"]["spec"]["ports"][0]["nodePort"] == 30090


def test_listeners_stand_on_ports_of_the_container() -> None:
    ((_, template),) = templates("gateway")
    for listener in of_kind("gateway", "Listener"):
        assert listener["spec"]["port"] in ports(template["spec"])
