"""A project as an overlay brings it, and clients with the rights of those who work in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from api_server import Server
from eventually import eventually
from slipway import paths
from slipway.catalog import load_catalog
from slipway.kube import ApiError, Client, Obj
from slipway.progress import Reporter
from slipway.release.applying.apply import apply_one
from slipway.release.refusals.classify import expected_of
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged
from slipway.waiting import Clock

ROOT = paths.distribution()
PROJECT = "workbench"
#: What decides who may do what; no workloads, no claims.
RULES = (
    "Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding",
    "RoleBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
)  # fmt: skip


def rendered(overlay: str, **settings: str) -> Mapping[str, Rendered]:
    """An overlay's components; ``settings`` are those of ``storage``."""
    return render(load_catalog(ROOT, overlay), {"storage": settings}, Facts(PROJECT, lambda: "192.0.2.10"), unchanged)


def establish(client: Client, components: Mapping[str, Rendered], reporter: Reporter) -> None:
    """Namespaces, definitions, roles and policies of the components."""
    objects = [(name, obj) for name, item in components.items() for obj in item.objects if obj["kind"] in RULES]
    expected, clock = expected_of(obj for _, obj in objects), Clock(60)
    for kind in RULES:
        for name, obj in objects:
            if obj["kind"] == kind:
                apply_one(client, obj, name, expected, clock, reporter)


def client_of(server: Server, directory: Path, namespace: str, account: str) -> Client:
    """A client with the token of a ServiceAccount, and so with its rights alone."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token = server.client.request("POST", path, body=body)["status"]["token"]
    config = yaml.safe_load(server.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    file = directory / f"{namespace}-{account}"
    file.write_text(yaml.safe_dump(config))
    return Client.from_kubeconfig(file)


def user(server: Server, directory: Path, name: str, role: str = "edit") -> Client:
    """Somebody with that ClusterRole in the project."""
    meta = {"name": name, "namespace": PROJECT}
    server.client.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    server.client.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": PROJECT}],
        }
    )
    return client_of(server, directory, PROJECT, name)


def refusal(client: Client, obj: Obj, *, dry_run: bool = False) -> str:
    """What the API server says against an object that is created, for real unless ``dry_run``; "" when it was made."""
    try:
        client.create(obj, dry_run=dry_run)
    except ApiError as error:
        return f"{error.what} {' '.join(error.details)}"
    return ""


def until_in_force(client: Client, obj: Obj) -> None:
    """A policy holds a moment after it was made: until ``obj``, which it forbids, is refused by it."""
    eventually(lambda: "ValidatingAdmissionPolicy" in refusal(client, obj, dry_run=True), "the policy holds")
