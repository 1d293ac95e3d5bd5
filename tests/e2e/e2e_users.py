"""Somebody with rights in the project, and a client with that person's rights alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml
from slipway.kube import Client, Obj

Create = Callable[[Obj], Obj]
GROUP = "rbac.authorization.k8s.io"


def user(kube: Client, create: Create, kubeconfig: Path, namespace: str, name: str, role: str = "edit") -> Client:
    """A ServiceAccount bound to a ClusterRole there; ``kubeconfig`` is written for ``kube``'s cluster."""
    meta = {"name": name, "namespace": namespace}
    create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    bound = {
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
    }
    create({"apiVersion": f"{GROUP}/v1", "kind": "RoleBinding", "metadata": meta, **bound})
    wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 1800}}
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
    token = kube.request("POST", path, body=wanted)["status"]["token"]
    ca = kube.get("v1", "ConfigMap", "kube-root-ca.crt", namespace) or {}
    authority = kubeconfig.with_suffix(".crt")
    authority.write_text(ca["data"]["ca.crt"])
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": kube.server, "certificate-authority": str(authority)}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    kubeconfig.write_text(yaml.safe_dump(config))
    return Client.from_kubeconfig(kubeconfig)
