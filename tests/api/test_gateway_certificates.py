"""The gateway's certificates in a real API server: generated, renewed, brought by a user, judged before anything."""

from __future__ import annotations

import datetime
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from api_objects import namespace
from certificate import self_signed
from slipway import artifacts, certificates
from slipway.catalog import load_catalog
from slipway.errors import BadInput
from slipway.export.model import Secret
from slipway.export.secrets import described, script
from slipway.kube import Client, Obj, Ref
from slipway.kube.secret import texts
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.ownership import foreign
from slipway.release.planning.compare import compare
from slipway.release.planning.plan import Plan
from slipway.release.secrets import user_certificate
from slipway.release.secrets.spec import secret_object
from slipway.release.state import inventory
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

Tree = Callable[..., Path]
#: The address of a load balancer, and a cluster of its own: other tests' nodes have addresses, too.
SERVER = "module_server"
NOW = datetime.datetime.now(datetime.UTC)


def made_of(tree: Tree, name: str, *names: str, annotated: str = "") -> Mapping[str, Rendered]:
    """A component with a generated certificate for these names, or with a Service that names one."""
    pair: list[dict[str, Any]] = [
        {"name": "authority", "namespace": name, "kind": "authority"},
        {"name": "made", "namespace": name, "kind": "certificate", "from": f"{name}/authority", "names": list(names)},
    ]
    service: Obj = {
        "apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 443}], "selector": {"app": "a"}},
        "metadata": {"name": "door", "namespace": name, "annotations": {"slipway.dev/certificate": annotated}},
    }  # fmt: skip
    objects = [namespace(name), *([service] if annotated else [])]
    root = tree({name: {"objects": objects, "spec": {"secrets": pair if names else []}}})
    return render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)


def put(rendered: Mapping[str, Rendered], client: Client, reporter: Reporter) -> str:
    done = install(Plan("test", "workbench", rendered, dict.fromkeys(rendered, 20)), client, reporter)
    assert done.ok, [str(outcome.error) for outcome in done.outcomes]
    return done.outcomes[0].result


def secret(client: Client, place: str, name: str) -> dict[str, str]:
    found = client.get("v1", "Secret", name, place)
    assert found is not None and found["type"] == "kubernetes.io/tls"
    return texts(found)


def test_it_is_renewed_by_an_installation_with_nothing_else_to_do(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    rendered = made_of(tree, unique, "a.example.org")
    assert put(rendered, client, reporter) == "ready"
    authority, first = secret(client, unique, "authority"), secret(client, unique, "made")
    assert first["ca.crt"] == authority["tls.crt"] and certificates.names_of(first["tls.crt"]) == {"a.example.org"}
    assert put(rendered, client, reporter) == "unchanged"
    assert secret(client, unique, "made") == first
    assert compare(client, rendered, "workbench") == []
    # One that was made a year ago.
    old = certificates.issue(authority, ["a.example.org"], NOW - datetime.timedelta(days=300))
    client.patch(Ref("v1", "Secret", unique, "made"), {"stringData": old})
    (change,) = compare(client, rendered, "workbench")
    assert (change.action, change.ref.name) == ("change", "made") and "it ends on" in change.why
    assert put(rendered, client, reporter) == "ready"
    new = secret(client, unique, "made")
    # Whoever trusted it goes on.
    assert new["tls.crt"] not in (first["tls.crt"], old["tls.crt"]) and new["ca.crt"] == authority["tls.crt"]
    assert certificates.why_anew(new, authority, ["a.example.org"], NOW) == ""
    assert new["tls.key"] not in reporter.stream.getvalue()  # type: ignore[attr-defined]


def test_another_authority_another_name_another_certificate(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    put(made_of(tree, unique, "a.example.org"), client, reporter)
    first = secret(client, unique, "made")
    rendered = made_of(tree, unique, "a.example.org", "b.example.org")
    put(rendered, client, reporter)
    second = secret(client, unique, "made")
    assert certificates.names_of(second["tls.crt"]) == {"a.example.org", "b.example.org"}
    assert second["ca.crt"] == first["ca.crt"]
    client.delete(Ref("v1", "Secret", unique, "authority"))
    put(rendered, client, reporter)
    third = secret(client, unique, "made")
    assert third["ca.crt"] == secret(client, unique, "authority")["tls.crt"] != first["ca.crt"]


def test_turned_off_it_goes(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    put(made_of(tree, unique, "a.example.org"), client, reporter)
    put(made_of(tree, unique), client, reporter)
    assert [client.get("v1", "Secret", name, unique) for name in ("authority", "made")] == [None, None]
    assert inventory.load_records(client)[unique].secrets == ()


def test_the_names_of_nodes_and_of_a_load_balancer(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    client.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": unique}})
    addresses = [{"type": "InternalIP", "address": "192.0.2.77"}, {"type": "Hostname", "address": unique}]
    client.patch(Ref("v1", "Node", "", unique), {"status": {"addresses": addresses}}, subresource="status")
    rendered = made_of(tree, unique, "{outside}")
    put(rendered, client, reporter)
    assert {"192.0.2.77", unique} <= certificates.names_of(secret(client, unique, "made")["tls.crt"])
    door = Ref("v1", "Service", "ambassador", "ambassador")
    client.apply(namespace("ambassador"))
    meta, spec = {"name": door.name, "namespace": door.namespace}, {"type": "LoadBalancer", "ports": [{"port": 80}]}
    client.create({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})
    status = {"loadBalancer": {"ingress": [{"hostname": "lb.example.org"}]}}
    client.patch(door, {"status": status}, subresource="status")
    assert put(rendered, client, reporter) == "ready"
    assert certificates.names_of(secret(client, unique, "made")["tls.crt"]) == {"lb.example.org"}


def given(client: Client, place: str, files: tuple[Path, Path], **more: Any) -> None:
    values = {"tls.crt": files[0].read_text(), "tls.key": files[1].read_text()}
    made = secret_object(Ref("v1", "Secret", place, "own"), "x", "kubernetes.io/tls", values, {})
    client.create({**made, "metadata": {**made["metadata"], "labels": {}}, **more})


def test_a_certificate_that_a_user_brings_is_judged_first(
    client: Client, tree: Tree, reporter: Reporter, unique: str, tmp_path: Path
) -> None:
    rendered = made_of(tree, unique, annotated="own")
    with pytest.raises(BadInput, match="cannot be used; nothing was changed") as missing:
        user_certificate.refuse(client, rendered.values(), "workbench")
    assert missing.value.details == (f"Secret {unique}/own: does not exist",)
    client.create(namespace(unique))
    good, ended = self_signed(tmp_path, 30), self_signed(tmp_path, -1, "ended")
    for files, more, why in (
        (ended, {}, "the certificate ended on"),
        ((good[0], ended[1]), {"type": "Opaque"}, "is of type Opaque, not kubernetes.io/tls"),
    ):
        given(client, unique, files, **more)
        (told,) = user_certificate.faults(client, rendered.values(), "workbench")
        assert why in told
        client.delete(Ref("v1", "Secret", unique, "own"))
    given(client, unique, good)
    assert user_certificate.faults(client, rendered.values(), "workbench") == []
    # It lies in the namespace before the installation: that is no reason to refuse the namespace.
    assert foreign.look(client, "workbench", list(rendered.values()), {}).owners == {}
    put(rendered, client, reporter)
    put(made_of(tree, unique), client, reporter)
    assert client.get("v1", "Secret", "own", unique) is not None


def test_an_exports_script_makes_the_same_with_openssl(
    client: Client, module_server: Any, tree: Tree, reporter: Reporter, unique: str, tmp_path: Path
) -> None:
    rendered = made_of(tree, unique, "a.example.org", "*.example.org", "192.0.2.1", "2001:db8::1", "{outside}")
    specs = rendered[unique].component.secrets
    text = script([Secret(unique, Ref("v1", "Secret", unique, spec.name), spec) for spec in specs])
    client.create(namespace(unique))
    client.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": unique}})
    status = {"addresses": [{"type": "InternalIP", "address": "192.0.2.88"}]}
    client.patch(Ref("v1", "Node", "", unique), {"status": status}, subresource="status")
    artifacts.ensure(["binary/kubernetes"], reporter)
    (tmp_path / "kubectl").symlink_to(artifacts.binary("kubernetes"))
    environment = {**os.environ, "KUBECTL": str(tmp_path / "kubectl"), "KUBECONFIG": str(module_server.kubeconfig)}
    for _ in range(2):
        subprocess.run(["bash", "-c", text], env=environment, check=True, capture_output=True, timeout=60)
    authority, made = secret(client, unique, "authority"), secret(client, unique, "made")
    names = {"a.example.org", "*.example.org", "192.0.2.1", "2001:db8::1", "192.0.2.88"}
    assert names <= certificates.names_of(made["tls.crt"]) and made["ca.crt"] == authority["tls.crt"]
    # Slipway's own judgement of it; nothing is to be made anew.
    assert certificates.why_anew(made, authority, names, NOW) == certificates.fault(authority, NOW) == ""
    told = described(Secret(unique, Ref("v1", "Secret", unique, "made"), specs[1]))
    assert told.startswith("tls.crt and tls.key for a.example.org")


def test_a_secret_of_the_users_in_the_generated_ones_place_stays(
    client: Client, tree: Tree, reporter: Reporter, unique: str, tmp_path: Path
) -> None:
    client.create(namespace(unique))
    crt, key = self_signed(tmp_path, 1)
    values = {"tls.crt": crt.read_text(), "tls.key": key.read_text()}
    mine = secret_object(Ref("v1", "Secret", unique, "made"), "x", "kubernetes.io/tls", values, {})
    client.create({**mine, "metadata": {"name": "made", "namespace": unique}})
    put(made_of(tree, unique, "a.example.org"), client, reporter)
    assert secret(client, unique, "made") == values
