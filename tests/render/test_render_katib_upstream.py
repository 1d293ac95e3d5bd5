"""Katib's upstream edition: what names what, with either database."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml
from slipway import paths
from slipway.kube import Obj
from slipway.render import Rendered
from slipway.render.kustomize import command

ROOT = paths.distribution()
EDITION = "../../../manifests/katib/0.19.0/upstream"
ALGORITHMS = {
    *("random", "grid", "tpe", "multivariate-tpe", "bayesianoptimization", "hyperband", "pbt"),
    *("cmaes", "sobol", "enas", "darts"),
}


class Tree(Protocol):
    """The fixture of conftest.py."""

    def overlay(self, overlay: str, project: str = "workbench") -> Mapping[str, Rendered]: ...


@pytest.fixture
def mysql(rendered: Tree) -> list[Obj]:
    """As an overlay has it."""
    return list(rendered.overlay("kind")["katib"].objects)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> list[Obj]:
    """With every part that an overlay can add."""
    tree = tmp_path_factory.mktemp("katib")
    shutil.copytree(ROOT / "manifests/katib", tree / "manifests/katib")
    overlay = tree / "overlays/test/katib"
    overlay.mkdir(parents=True)
    settings = {
        "name": "settings",
        "literals": ["controller_memory=1Gi", "storage_class=fast", "database_size=7Gi"],
        "options": {"annotations": {"config.kubernetes.io/local-config": "true"}, "disableNameSuffixHash": True},
    }
    parts = [f"{EDITION}/{part}" for part in ("postgres", "ui-edit", "pull-secrets", "settings")]
    kustomization = {"resources": [EDITION], "components": parts, "configMapGenerator": [settings]}
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    done = subprocess.run([*command(), str(overlay)], capture_output=True, text=True, timeout=60, check=True)
    return list(yaml.safe_load_all(done.stdout))


def one(objects: list[Obj], kind: str, name: str) -> dict[str, Any]:
    (found,) = [obj for obj in objects if (obj["kind"], obj["metadata"]["name"]) == (kind, name)]
    return found


def container(objects: list[Obj], name: str) -> dict[str, Any]:
    (found,) = one(objects, "Deployment", name)["spec"]["template"]["spec"]["containers"]
    return dict(found)


def environment(objects: list[Obj], name: str) -> dict[str, Any]:
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container(objects, name)["env"]}


def test_the_manager_finds_the_database(mysql: list[Obj], postgres: list[Obj]) -> None:
    for objects, database, host in ((mysql, "mysql", "KATIB_MYSQL_DB"), (postgres, "postgres", "KATIB_POSTGRESQL_DB")):
        found = environment(objects, "katib-db-manager")
        (port,) = one(objects, "Service", found[f"{host}_HOST"])["spec"]["ports"]
        assert (found["DB_NAME"], found[f"{host}_PORT"]) == (database, str(port["port"]))
        server = environment(objects, found[f"{host}_HOST"])
        user, name, password = ("USER", "DATABASE", "PASSWORD") if database == "mysql" else ("USER", "DB", "PASSWORD")
        assert server[f"{database.upper()}_{user}"] == found["DB_USER"]
        assert server[f"{database.upper()}_{name}"] == found[f"{host}_DATABASE"]
        assert server[f"{database.upper()}_{password}"] == found["DB_PASSWORD"]


def test_one_database_takes_the_place_of_the_other(postgres: list[Obj]) -> None:
    assert not [obj for obj in postgres if "mysql" in obj["metadata"]["name"]]
    assert not [name for name in environment(postgres, "katib-db-manager") if "MYSQL" in name]
    claim = one(postgres, "PersistentVolumeClaim", "katib-postgres")["spec"]
    assert (claim["storageClassName"], claim["resources"]["requests"]["storage"]) == ("fast", "7Gi")


def test_passwords_are_generated(rendered: Tree, postgres: list[Obj]) -> None:
    component = rendered.overlay("kind")["katib"]
    keys = {(spec.name, key) for spec in component.component.secrets for key in spec.keys}
    for objects in (list(component.objects), postgres):
        deployments = [obj for obj in objects if obj["kind"] == "Deployment"]
        variables = [
            v for obj in deployments for v in obj["spec"]["template"]["spec"]["containers"][0].get("env") or []
        ]
        refs = [
            entry["valueFrom"]["secretKeyRef"] for entry in variables if "secretKeyRef" in entry.get("valueFrom", {})
        ]
        assert len(refs) >= 2
        assert {(ref["name"], ref["key"]) for ref in refs} <= keys


def test_services_lead_to_ports(mysql: list[Obj], postgres: list[Obj]) -> None:
    for objects in (mysql, postgres):
        for service in (obj for obj in objects if obj["kind"] == "Service"):
            there = {port["name"] for port in container(objects, service["metadata"]["name"])["ports"]}
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= there, service["metadata"]["name"]


def test_the_configuration_names_whole_images(mysql: list[Obj]) -> None:
    runtime = yaml.safe_load(one(mysql, "ConfigMap", "katib-config")["data"]["katib-config.yaml"])["runtime"]
    assert {entry["algorithmName"] for entry in runtime["suggestions"]} == ALGORITHMS
    assert [entry["algorithmName"] for entry in runtime["earlyStoppings"]] == ["medianstop"]
    assert [entry["kind"] for entry in runtime["metricsCollectors"]] == ["StdOut", "File", "TensorFlowEvent"]
    for entry in (item for part in runtime.values() for item in part):
        assert entry["image"].startswith("ghcr.io/kubeflow/katib/")
        assert entry["image"].endswith(":v0.19.0")
        assert "memory" in entry["resources"]["limits"]


def test_the_certificate_is_for_the_webhooks(mysql: list[Obj]) -> None:
    init = yaml.safe_load(one(mysql, "ConfigMap", "katib-config")["data"]["katib-config.yaml"])["init"]
    service = one(mysql, "Service", init["certGenerator"]["webhookServiceName"])
    assert service["spec"]["ports"][0] == {"name": "webhook", "port": 443, "targetPort": "webhook"}
    ports = {port["name"]: port["containerPort"] for port in container(mysql, "katib-controller")["ports"]}
    assert ports["webhook"] == init["controller"]["webhookPort"]
    secret = one(mysql, "Secret", init["certGenerator"]["webhookSecretName"])
    # Applying the manifests again must take neither the certificate away nor the CA.
    assert not {"data", "stringData"} & secret.keys()
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for hook in one(mysql, kind, "katib.kubeflow.org")["webhooks"]:
            assert "caBundle" not in hook["clientConfig"]
            assert hook["clientConfig"]["service"]["name"] == service["metadata"]["name"]


def test_katib_itself_starts_without_its_webhook(mysql: list[Obj], postgres: list[Obj]) -> None:
    """It is not up yet, and must not wait for itself."""
    hooks = one(mysql, "MutatingWebhookConfiguration", "katib.kubeflow.org")["webhooks"]
    (of_pods,) = [hook for hook in hooks if hook["rules"][0]["resources"] == ["pods"]]
    (expression,) = of_pods["objectSelector"]["matchExpressions"]
    assert expression["operator"] == "DoesNotExist"
    for obj in (*mysql, *postgres):
        if obj["kind"] == "Deployment":
            assert expression["key"] in obj["spec"]["template"]["metadata"]["labels"], obj["metadata"]["name"]


def test_the_interface_only_looks_on_unless_told_otherwise(mysql: list[Obj], postgres: list[Obj]) -> None:
    looks = {verb for rule in one(mysql, "ClusterRole", "katib-ui")["rules"] for verb in rule["verbs"]}
    assert looks == {"get", "list"}
    assert not [obj for obj in mysql if obj["metadata"]["name"] == "katib-ui-edit"]
    (rule,) = one(postgres, "ClusterRole", "katib-ui-edit")["rules"]
    assert rule == {"apiGroups": ["kubeflow.org"], "resources": ["experiments"], "verbs": ["create", "delete"]}


def test_secrets_of_other_namespaces_are_not_read(mysql: list[Obj]) -> None:
    resources = {name for rule in one(mysql, "ClusterRole", "katib-controller")["rules"] for name in rule["resources"]}
    assert "secrets" not in resources
    mapping = one(mysql, "Mapping", "katib-ui")["spec"]
    assert (mapping["prefix"], mapping["rewrite"]) == ("/katib/", "")
    name, namespace = Path(mapping["service"]).name.split(":")[0].split(".")
    assert one(mysql, "Service", name)["metadata"]["namespace"] == namespace


def words_of(obj: Any) -> list[list[str]]:
    """Command and arguments of every container below."""
    if isinstance(obj, list):
        return [words for item in obj for words in words_of(item)]
    if not isinstance(obj, dict):
        return []
    found = [words for value in obj.values() for words in words_of(value)]
    return [*found, [*obj["command"], *obj.get("args", [])]] if "command" in obj else found


def test_commands_of_trials_outlive_katibs_shell(mysql: list[Obj]) -> None:
    """It joins them by spaces and appends to the line: no quotes are added, and no newline may end it before."""
    example = yaml.safe_load((ROOT / "examples/experiment.yaml").read_text())["spec"]["trialTemplate"]["trialSpec"]
    (templates,) = [obj for obj in mysql if obj["kind"] == "ConfigMap" and "templates" in obj["metadata"]["name"]]
    lines = words_of([example, *map(yaml.safe_load, templates["data"].values())])
    assert len(lines) == 4
    for words in lines:
        if words[:2] == ["sh", "-c"]:
            (line,) = words[2:]
            assert "\n" not in line
        else:
            assert shlex.split(" ".join(words)) == words
