"""A user who may not do all that the plan needs is told what is lacking."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from api_objects import config_map, deployment, namespace
from api_server import Server
from slipway.catalog import Component
from slipway.doctor.cluster import permissions
from slipway.doctor.cluster.context import Context
from slipway.doctor.examine import examine
from slipway.doctor.table import checks_of
from slipway.kube import Client, Obj
from slipway.render import Rendered

RBAC = "rbac.authorization.k8s.io/v1"
ALL = ["get", "list", "watch", "create", "patch", "delete"]


@pytest.fixture
def restricted(server: Server, unique: str, tmp_path: Path) -> Client:
    """A client of a ServiceAccount without any role, in a namespace of its own."""
    client = server.client
    client.create(namespace(unique))
    client.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "user", "namespace": unique}})
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = f"/api/v1/namespaces/{unique}/serviceaccounts/user/token"
    token = client.request("POST", path, body=body)["status"]["token"]
    config = yaml.safe_load(server.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    return Client.from_kubeconfig(kubeconfig)


def grant(client: Client, place: str, name: str, *rules: tuple[str, str]) -> None:
    """A ClusterRole with all verbs on (group, resource), bound to the user everywhere."""
    listed = [{"apiGroups": [group], "resources": [resource], "verbs": ALL} for group, resource in rules]
    client.create({"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": name}, "rules": listed})
    subject = {"kind": "ServiceAccount", "name": "user", "namespace": place}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    binding = {"apiVersion": RBAC, "kind": "ClusterRoleBinding", "metadata": {"name": name}}
    client.create({**binding, "subjects": [subject], "roleRef": role})


def planned(*objects: Obj) -> dict[str, Rendered]:
    component = Component("thing", "1.0", "compact", "a thing", "thing", Path("thing"))
    return {"thing": Rendered(component, objects, {}, "digest")}


def test_an_administrator_may_do_everything(client: Client, unique: str) -> None:
    found = permissions.run(Context(client, planned(deployment(unique, "a"))))
    assert [each.result for each in found] == ["ok"]


def test_what_is_lacking_is_named(client: Client, restricted: Client, unique: str) -> None:
    """Reading is granted, deployments are not, and only the verbs of the role count."""
    grant(client, unique, unique, ("", "configmaps"))
    found = permissions.run(Context(restricted, planned(deployment(unique, "a"), config_map(unique, "c", a="b"))))
    says = [each.says for each in found]
    assert f"not allowed: get, list, watch, create, patch, delete deployments.apps in {unique}" in says
    assert "not allowed: get, list, watch nodes in the whole cluster" in says
    assert not any("configmaps" in text for text in says)
    assert {each.result for each in found} == {"fail"}


def test_everything_that_the_plan_needs_is_enough(client: Client, restricted: Client, unique: str) -> None:
    core = ("configmaps", "secrets", "pods", "events", "nodes", "persistentvolumes")
    rules = [("", name) for name in core]
    grant(client, unique, unique, *rules, ("coordination.k8s.io", "leases"), ("apps", "deployments"))
    found = permissions.run(Context(restricted, planned(deployment(unique, "a"))))
    assert [(each.result, each.remedy) for each in found] == [("ok", "")]


def test_a_role_that_grants_more_than_one_has(client: Client, restricted: Client, unique: str) -> None:
    """To write roles is not enough: the server refuses those that escalate."""
    grant(client, unique, unique, ("rbac.authorization.k8s.io", "clusterroles"))
    rule = {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create"]}
    role = {"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": f"{unique}-x"}, "rules": [rule]}
    says = [each.says for each in permissions.run(Context(restricted, planned(role)))]
    assert any(text.startswith(f"ClusterRole {unique}-x grants what you do not have") for text in says)
    assert client.get(RBAC, "ClusterRole", f"{unique}-x") is None


def test_a_user_without_any_role_gets_causes_and_remedies_and_no_end(restricted: Client, unique: str) -> None:
    """Each check that may not ask says so; none keeps the others from being told."""
    rows = examine(Context(restricted, planned(deployment(unique, "a"))), checks_of("cluster"))
    told = {row.check: row for row in rows}
    assert set(told) == {check.name for check in checks_of("cluster")}
    for name in ("version", "cni", "disks", "resources", "default-class", "webhooks"):
        assert told[name].result == "fail", told[name]
        assert "is forbidden" in told[name].cause
        assert "administrator" in told[name].remedy
    assert told["permissions"].result == "fail"
    assert {told[name].result for name in ("dns", "traffic", "claims", "pulls")} == {"skip"}
    assert all(row.remedy for row in rows if row.result in ("warn", "fail"))
