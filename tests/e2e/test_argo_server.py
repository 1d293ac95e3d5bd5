"""Argo's API server behind the gateway: a token of the cluster's API decides what one sees and may do."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from slipway.kube import Client, Obj

IMAGE = "slipway.local/base:0.1.0"
Create = Callable[[Obj], Obj]
Eventually = Callable[..., Any]
Ask = Callable[..., tuple[int, Any]]
Token = Callable[[str], str]


@pytest.fixture
def ask(gateway: str) -> Ask:
    """``ask(path, token="", body=None)`` → status and answer, JSON parsed."""

    def request(path: str, token: str = "", body: Any = None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"{gateway}/argo/{path}", data, headers)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        return status, json.loads(text) if text.startswith("{") else text

    return request


@pytest.fixture
def token(kube: Client, create: Create, temp_name: str, project: str) -> Token:
    """A new ServiceAccount's token; it has the named ClusterRole in the project namespace."""

    def make(role: str) -> str:
        meta = {"name": temp_name, "namespace": project}
        create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
        group = "rbac.authorization.k8s.io"
        bound = {
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": temp_name, "namespace": project}],
        }
        create({"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": meta, **bound})
        wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
        path = f"/api/v1/namespaces/{project}/serviceaccounts/{temp_name}/token"
        return str(kube.request("POST", path, body=wanted)["status"]["token"])

    return make


def test_workflows_are_listed_with_a_token_only(ask: Ask, token: Token, project: str, eventually: Eventually) -> None:
    path = f"api/v1/workflows/{project}"
    viewer = token("argo-aggregate-to-view")
    # The role has to reach the API server's authorizer.
    eventually(lambda: ask(path, viewer)[0] == 200, timeout=60, what="a viewer may not list workflows")
    assert "items" in ask(path, viewer)[1]
    assert ask(path)[0] == 401
    assert ask(path, "no-token")[0] == 401
    assert ask("api/v1/workflows/kube-system", viewer)[0] == 403


def test_who_may_edit_submits_a_workflow(
    kube: Client, ask: Ask, token: Token, temp_name: str, project: str, eventually: Eventually, create: Create
) -> None:
    path, step = f"api/v1/workflows/{project}", {"image": IMAGE, "command": ["true"]}
    spec = {"entrypoint": "main", "templates": [{"name": "main", "container": step}]}
    sent = {
        "workflow": {"metadata": {"name": temp_name}, "spec": {**spec, "ttlStrategy": {"secondsAfterCompletion": 60}}}
    }
    editor = token("argo-aggregate-to-edit")
    # The answer is 200 once; a later one would find the name taken.
    eventually(lambda: ask(path, editor, sent)[0] == 200, timeout=60, what="an editor may not submit")
    done = eventually(
        lambda: ask(f"{path}/{temp_name}", editor)[1].get("status", {}).get("phase") == "Succeeded" or None,
        timeout=120,
        what="the workflow did not succeed",
    )
    assert done
    listed = eventually(lambda: names(ask(path, editor)[1]), timeout=30, what="the workflow is not in the list")
    assert temp_name in listed


def names(answer: Obj) -> list[str]:
    """The names in a list of workflows; ``items`` is null when there are none."""
    return [item["metadata"]["name"] for item in answer.get("items") or []]


def test_the_page_knows_its_path(ask: Ask) -> None:
    status, page = ask("")
    assert status == 200
    assert '<base href="/argo/">' in page


@pytest.mark.parametrize(
    ("verb", "group", "resource", "allowed"),
    [
        ("list", "argoproj.io", "workflows", True),
        ("create", "argoproj.io", "workflows", False),
        ("delete", "argoproj.io", "workflows", False),
        ("get", "", "secrets", False),
        ("list", "", "pods", False),
    ],
)
def test_the_server_itself_may_only_read(
    kube: Client, project: str, verb: str, group: str, resource: str, allowed: bool
) -> None:
    attributes = {"namespace": project, "verb": verb, "group": group, "resource": resource}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": "system:serviceaccount:argo:argo-server", "resourceAttributes": attributes},
    }
    answer = kube.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body=review)
    assert answer["status"]["allowed"] is allowed
