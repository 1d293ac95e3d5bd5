"""What a user with edit rights tries in a project, and what the policies of the component storage say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

import pytest
from api_server import CONTROLLERS, running
from eventually import eventually
from project_users import PROJECT, client_of, establish, refusal, rendered, until_in_force, user
from slipway.kube import Client, Obj
from slipway.progress import Reporter

SETTINGS = {"hostnames": "lab.example.org, *.lab.example.org", "allowed_registries": "slipway.local,docker.io/library"}


@dataclass(frozen=True)
class People:
    """Clients by what they may do: ``user`` edits the project, ``models`` is Seldon's operator."""

    admin: Client
    user: Client
    models: Client


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """An API server with the rules of a whole overlay in force."""
    directory = tmp_path_factory.mktemp("policies")
    with running(directory, f"{CONTROLLERS},clusterrole-aggregation-controller") as server:
        establish(server.client, rendered("embedded", **SETTINGS), Reporter("plain", StringIO()))
        alice = user(server, directory, "alice")
        routes = (mapping(prefix="/hub/"), gateway("TCPMapping"), ingress(), model("seldon.io/istio-host"))
        for first in (*routes, network(), service(type="NodePort"), pod("quay.io/x/y:1")):
            until_in_force(alice, first)
        yield People(server.client, alice, client_of(server, directory, "seldon-system", "seldon-manager"))


def _object(api: str, kind: str, spec: Obj, **annotations: str) -> Obj:
    meta: Obj = {"name": "mine", "namespace": PROJECT}
    return {"apiVersion": api, "kind": kind, "metadata": meta | {"annotations": annotations}, "spec": spec}


def mapping(api: str = "v3alpha1", **spec: object) -> Obj:
    return _object(f"getambassador.io/{api}", "Mapping", {"service": "mine:80", **spec})


def gateway(kind: str) -> Obj:
    needed = {"port": 9000, "service": "mine:80", "hostname": "*", "auth_service": "mine:80", "protocol": "HTTP"}
    return _object("getambassador.io/v3alpha1", kind, {**needed, "securityModel": "XFP", "hostBinding": {}})


def service(annotation: str = "", **spec: object) -> Obj:
    text = {"getambassador.io/config": annotation} if annotation else {}
    return _object("v1", "Service", {"ports": [{"port": 80}], "selector": {"app": "mine"}, **spec}, **text)


def ingress(host: str = "", **spec: object) -> Obj:
    rule: Obj = {"http": {"paths": [{"path": "/hub/", "pathType": "Prefix", "backend": BACKEND}]}}
    return _object("networking.k8s.io/v1", "Ingress", {"rules": [rule | ({"host": host} if host else {})], **spec})


def model(annotation: str = "", value: str = "x", where: str = "predictor") -> Obj:
    given = {annotation: value} if annotation else {}
    predictor: Obj = {"name": "main", "graph": {"name": "m", "type": "MODEL"}, "componentSpecs": []}
    predictor |= {"annotations": given} if where == "predictor" else {}
    spec: Obj = {"predictors": [predictor]} | ({"annotations": given} if where == "spec" else {})
    return _object("machinelearning.seldon.io/v1", "SeldonDeployment", spec, **(given if where == "metadata" else {}))


def network(**spec: object) -> Obj:
    return _object("networking.k8s.io/v1", "NetworkPolicy", {"podSelector": {}, **spec})


def pod(image: str = "busybox:1", **spec: object) -> Obj:
    return _object("v1", "Pod", {"containers": [{"name": "main", "image": image}], **spec})


BACKEND = {"service": {"name": "mine", "port": {"number": 80}}}
OVERRIDES = {"503": {"text_format_source": {"filename": "/etc/passwd"}}}
#: attack → (object, what the refusal says)
REFUSED: dict[str, tuple[Obj, str]] = {
    "the hub's path": (mapping(prefix="/hub/"), "takes requests of the platform (/hub/): choose another one"),
    "below the hub's path": (mapping(prefix="/hub/login"), "(/hub/)"),
    "in capitals, without regard to case": (mapping(prefix="/HUB/", case_sensitive=False), "(/hub/)"),
    "users' servers": (mapping(prefix="/user/bob/"), "(/user/)"),
    "the workflows' server": (mapping(prefix="/argo/"), "(/argo/)"),
    "the tuner's page": (mapping(prefix="/katib/"), "(/katib/)"),
    "the health of the gateway": (mapping(prefix="/ambassador/v0/check_ready"), "(/ambassador/)"),
    "a longer path of the platform's": (mapping(prefix="/argo/api/v1/version", prefix_exact=True), "(/argo/)"),
    "models of another project": (mapping(prefix="/seldon/others/m/"), "(/seldon/)"),
    "models of all projects": (mapping(prefix="/seldon/"), "(/seldon/)"),
    "everything": (mapping(prefix="/"), "/hub/"),
    "everything, first of all": (mapping(prefix="/", precedence=100), "/hub/"),
    "the beginning of many": (mapping(prefix="/u"), "(/user/)"),
    "no path": (mapping(prefix=""), "/hub/"),
    "v2": (mapping("v2", prefix="/hub/", host="*"), "(/hub/)"),
    "an expression for everything": (mapping(prefix="/.*", prefix_regex=True), "/hub/"),
    "an alternative": (mapping(prefix="/mine/.*|/hub/.*", prefix_regex=True), "/hub/"),
    "an alternative in a group": (mapping(prefix="(/mine/|/hub/).*", prefix_regex=True), "/hub/"),
    "a slash that may lack": (mapping(prefix="/h/?ub/", prefix_regex=True), "/hub/"),
    "a hostname of the platform": (mapping(prefix="/", hostname="ml.example.org"), "is not one of the project"),
    "a hostname of another project": (mapping(prefix="/x/", host="shop.example.org"), "slipway.dev/hostnames"),
    "an expression for hostnames": (mapping(prefix="/", host="lab.example.org|.*", host_regex=True), "hostname"),
    "Envoy's admin port": (mapping(prefix="/x/", service="127.0.0.1:8001"), "is not one of the project workbench"),
    "the same by name": (mapping(prefix="/x/", service="http://localhost:8001"), "is not one of the project"),
    "the same as a number": (mapping(prefix="/x/", service="2130706433:8001"), "is not one of the project"),
    "the same in IPv6": (mapping(prefix="/x/", service="[::1]:8001"), "is not one of the project"),
    "the metadata address": (mapping(prefix="/x/", service="http://169.254.169.254"), "is not one of the project"),
    "another namespace": (mapping(prefix="/x/", service="hub.jupyterhub:8081"), "is not one of the project"),
    "the cluster's API": (mapping(prefix="/x/", service="https://kubernetes.default.svc"), "is not one of the project"),
    "a name that may mean anything": (mapping(prefix="/x/", service="a.b.example.org"), "is not one of the project"),
    "Envoy's own words": (mapping(prefix="/x/", envoy_override={"a": 1}), "envoy_override"),
    "a file of the gateway": (mapping(prefix="/x/", error_response_overrides=OVERRIDES), "error_response_overrides"),
    "around the login": (mapping(prefix="/x/", bypass_auth=True), "bypass_auth"),
    "a port of the gateway": (gateway("TCPMapping"), "TCPMapping is about the gateway as a whole"),
    "every address": (network(egress=[{}], policyTypes=["Egress"]), "which addresses and ports it shall reach"),
    "a port of every node": (service(type="NodePort"), "leads around the gateway: make it a ClusterIP"),
    "an address of the provider": (service(type="LoadBalancer"), "leads around the gateway"),
    "another name": (service(type="ExternalName", externalName="localhost"), "leads around the gateway"),
    "somebody's address": (service(externalIPs=["10.97.0.1"]), "spec.externalIPs takes over requests"),
    "a Mapping in a text": (service("---\nkind: Mapping\nprefix: /hub/\n"), "write it as an object of its own"),
    "an Ingress for every host": (ingress(), "serves hostnames of the project workbench alone (lab.example.org"),
    "an Ingress of the platform's": (ingress("ml.example.org"), "slipway.dev/hostnames"),
    "an Ingress for the rest": (ingress("lab.example.org", defaultBackend=BACKEND), "no default backend"),
    "a model's own route": (model("seldon.io/ambassador-config"), "seldon.io/ambassador-config writes a route"),
    "the same for all predictors": (model("seldon.io/ambassador-config", where="spec"), "writes a route"),
    "the same of the object": (model("seldon.io/ambassador-config", where="metadata"), "writes a route"),
    "a model's hostname": (model("seldon.io/istio-host", "ml.example.org"), "seldon.io/istio-host writes a route"),
    "a model elsewhere": (model("seldon.io/ambassador-service-name", "../../hub"), "are one word each"),
    "an unknown registry": (pod("quay.io/x/y:1"), "the image quay.io/x/y:1 is from no registry"),
    "one that begins alike": (pod("slipway.local.example.org/x:1"), "allowed_registries"),
    "a repository of the default one": (pod("someone/tool:1"), "the image docker.io/someone/tool:1"),
    "in an init container": (pod(initContainers=[{"name": "a", "image": "ghcr.io/a/b"}]), "ghcr.io/a/b"),
    "before the platform": (pod(priorityClassName="system-node-critical"), "would end the pods of the platform"),
}  # fmt: skip


@pytest.mark.parametrize("attack", REFUSED)
def test_a_user_is_refused_and_told_what_to_do(people: People, attack: str) -> None:
    obj, said = REFUSED[attack]
    answer = refusal(people.user, obj)
    assert said in answer, answer or f"{obj['kind']} was made"
    assert "ValidatingAdmissionPolicy" in answer


#: use → object
ALLOWED: dict[str, Obj] = {
    "a path": mapping(prefix="/mine/"),
    "a path that begins like one of the platform's": mapping(prefix="/hubble/"),
    "below the project's models": mapping(prefix=f"/seldon/{PROJECT}/mine/"),
    "an expression": mapping(prefix="/mine/v[0-9]+/.*", prefix_regex=True),
    "every path of its hostname": mapping(prefix="/", hostname="lab.example.org"),
    "a pattern of hostnames": mapping(prefix="/", hostname="*.lab.example.org"),
    "v2 for every host": mapping("v2", prefix="/mine/", host="*"),
    "its Service in full": mapping(prefix="/mine/", service=f"http://mine.{PROJECT}.svc.cluster.local:8080"),
    "a redirect": mapping(prefix="/mine/", service="www.example.org", host_redirect=True),
    "a Service": service(),
    "a headless Service": service(clusterIP="None"),
    "an Ingress": ingress("lab.example.org"),
    "a model": model(),
    "a model with a longer time limit": model("seldon.io/rest-timeout", "60000"),
    "an image": pod("slipway.local/base:0.1.0"),
    "an image with a digest": pod("docker.io/library/busybox@sha256:" + "0" * 64),
    "an image by its short name": pod(),
}


@pytest.mark.parametrize("use", ALLOWED)
def test_a_user_may(people: People, use: str) -> None:
    assert refusal(people.user, ALLOWED[use], dry_run=True) == ""


@pytest.mark.parametrize(
    "attack", ["everything", "a port of every node", "a port of the gateway", "a Mapping in a text"]
)
def test_who_administers_the_namespace_is_not_held(people: People, attack: str) -> None:
    assert refusal(people.admin, REFUSED[attack][0], dry_run=True) == ""


def test_the_models_operator_makes_its_routes(people: People) -> None:
    """REST and gRPC as upstream's operator writes them, from the project's path to an expression for every host."""
    rest = mapping("v2", prefix=f"/seldon/{PROJECT}/mine/", rewrite="/", service=f"mine-main.{PROJECT}:8000")
    expression = "/(seldon.protos.*|tensorflow.serving.*|inference.*)/.*"
    grpc = mapping(
        "v2", prefix=expression, prefix_regex=True, grpc=True, rewrite="", service=f"mine-main.{PROJECT}:5001"
    )
    for obj in (rest, grpc, service()):
        assert refusal(people.models, obj, dry_run=True) == ""


def test_what_the_administrator_made_may_be_labelled_and_removed(people: People) -> None:
    """A user's change of something else is not judged by what was there before; one of the route is."""
    made = people.admin.create(mapping(prefix="/argo/extra/"))
    path = f"/apis/getambassador.io/v3alpha1/namespaces/{PROJECT}/mappings/mine"
    label, other = {"metadata": {"labels": {"a": "b"}}}, {"spec": {"timeout_ms": 1}}
    kind = "application/merge-patch+json"
    try:
        assert people.user.request("PATCH", path, body=label, content_type=kind)["metadata"]["labels"] == {"a": "b"}
        with pytest.raises(Exception, match=r"takes requests of the platform"):
            people.user.request("PATCH", path, body=other, content_type=kind)
    finally:
        people.user.request("DELETE", path)
    assert made["spec"]["prefix"] == "/argo/extra/"


def test_the_projects_network_policies_stay(people: People) -> None:
    people.admin.create(network(policyTypes=["Ingress"]))
    path = f"/apis/networking.k8s.io/v1/namespaces/{PROJECT}/networkpolicies/mine"
    try:
        with pytest.raises(Exception, match=r"ask the administrator of the cluster which addresses"):
            people.user.request("DELETE", path)
    finally:
        people.admin.request("DELETE", path)


@pytest.mark.parametrize(
    ("verb", "group", "resource"),
    [
        ("update", "", "namespaces"),
        ("create", "", "endpoints"),
        ("create", "discovery.k8s.io", "endpointslices"),
        ("update", "admissionregistration.k8s.io", "validatingadmissionpolicies"),
        ("create", "getambassador.io", "hosts"),
    ],
)
def test_a_user_cannot_change_what_holds_him(people: People, verb: str, group: str, resource: str) -> None:
    attributes = {"namespace": PROJECT, "verb": verb, "group": group, "resource": resource}
    spec = {"resourceAttributes": attributes}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert people.user.request("POST", path, body=review)["status"]["allowed"] is False


def test_without_the_setting_every_registry_is_allowed(people: People, reporter: Reporter) -> None:
    """The last one: it takes the setting away."""
    foreign = pod("quay.io/x/y:1")
    assert refusal(people.admin, foreign, dry_run=True)
    establish(people.admin, {"storage": rendered("embedded")["storage"]}, reporter)
    eventually(lambda: refusal(people.admin, foreign, dry_run=True) == "", "every registry is allowed")
    assert refusal(people.admin, pod(priorityClassName="system-node-critical"), dry_run=True)
