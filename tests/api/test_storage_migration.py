"""Another NFS server for an installed platform: refused by an installation, done by a migration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from slipway import paths
from slipway.catalog import load_catalog
from slipway.cli.main import cli
from slipway.errors import BadInput
from slipway.kube import ApiError, Client, Obj, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.planning.plan import Plan
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged
from slipway.storage import check
from slipway.storage.migrate import migrate, plan

ROOT = paths.distribution()


def storage(project: str, **settings: str) -> dict[str, Rendered]:
    """The component, without its probe: there is no node."""
    catalog = load_catalog(ROOT, "embedded", ["storage"])
    found = render(catalog, {"storage": settings}, Facts(project, lambda: "192.0.2.10"), unchanged)
    return {name: replace(item, component=replace(item.component, probes=())) for name, item in found.items()}


def put(client: Client, project: str, rendered: Mapping[str, Rendered], reporter: Reporter) -> None:
    check.refuse(client, rendered)
    done = install(Plan("embedded", project, rendered, {"storage": 60}), client, reporter)
    assert done.ok, [str(outcome.error) for outcome in done.outcomes]


def volume(client: Client, name: str) -> Obj:
    found = client.get("v1", "PersistentVolume", name)
    assert found is not None
    return found


def claim(client: Client, project: str) -> Obj:
    found = client.get("v1", "PersistentVolumeClaim", "data", project)
    assert found is not None
    return found


def pod(project: str) -> Obj:
    container = {"name": "main", "image": "slipway.local/base:0.1.0"}
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    spec = {"containers": [container], "volumes": volumes}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "user", "namespace": project}, "spec": spec}


def test_another_server_is_refused_then_migrated(client: Client, reporter: Reporter, unique: str) -> None:
    old, new = (storage(unique, nfs_server=server) for server in ("192.0.2.5", "192.0.2.6"))
    put(client, unique, old, reporter)
    before = claim(client, unique)
    # The API server itself says that it does not work in place: what is refused is not refused for nothing.
    wanted = next(obj for obj in new["storage"].objects if obj["metadata"]["name"] == f"{unique}-data")
    with pytest.raises(ApiError, match="immutable"):
        client.apply(wanted, dry_run=True, manager="slipway-storage")

    with pytest.raises(BadInput) as refused:
        put(client, unique, new, reporter)
    text = str(refused.value)
    assert f"PersistentVolume {unique}-data: spec.nfs.server is 192.0.2.5, wanted is 192.0.2.6" in text
    assert "slipway storage migrate" in text and refused.value.exit_code == 2
    assert volume(client, f"{unique}-data")["spec"]["nfs"]["server"] == "192.0.2.5"

    changed = check.pending(client, new)["storage"]
    assert len(changed) == 6 and all(change.moves for change in changed)
    move = plan(changed, client.objects("v1", "PersistentVolumeClaim"))
    user = client.create(pod(unique))
    with pytest.raises(BadInput, match="1 pods use the claims"):
        migrate(client, move, new, reporter, timeout=60)
    assert claim(client, unique)["metadata"]["uid"] == before["metadata"]["uid"]

    client.patch(
        Ref("v1", "Pod", unique, user["metadata"]["name"]), {"status": {"phase": "Succeeded"}}, subresource="status"
    )
    client.delete(Ref("v1", "Pod", unique, "user"))
    migrate(client, move, new, reporter, timeout=60)
    put(client, unique, new, reporter)
    after = claim(client, unique)
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["status"]["phase"] == "Bound"
    assert volume(client, f"{unique}-data")["spec"]["nfs"]["server"] == "192.0.2.6"
    assert volume(client, f"{unique}-data")["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert check.pending(client, new) == {}


def test_the_command_shows_and_asks_before_it_moves(module_server: Any, reporter: Reporter, unique: str) -> None:
    put(module_server.client, unique, storage(unique, nfs_server="192.0.2.5"), reporter)
    words = ["--kubeconfig", str(module_server.kubeconfig), "--set", f"project.namespace={unique}", "--set"]
    words += ["components.storage.settings.nfs_server=192.0.2.6", "storage"]
    shown = CliRunner().invoke(cli, [*words, "changes"])
    assert shown.exit_code == 0, shown.exception
    lines = [line for line in shown.output.splitlines() if unique in line]
    assert len(lines) == 6 and "is 192.0.2.5, wanted is 192.0.2.6" in lines[0]
    asked = CliRunner().invoke(cli, [*words, "migrate"])
    assert isinstance(asked.exception, BadInput) and "--data-copied" in asked.exception.remedy
    assert volume(module_server.client, f"{unique}-data")["spec"]["nfs"]["server"] == "192.0.2.5"


def test_what_a_migration_left_half_done_is_gone_on_with(client: Client, reporter: Reporter, unique: str) -> None:
    old, new = (storage(unique, nfs_path=path) for path in ("", "/exports"))
    put(client, unique, old, reporter)
    move = plan(check.pending(client, new)["storage"], client.objects("v1", "PersistentVolumeClaim"))
    # Killed after the claims were deleted.
    for ref in move.claims:
        client.delete(ref)
    again = plan(check.pending(client, new)["storage"], client.objects("v1", "PersistentVolumeClaim"))
    migrate(client, again, new, reporter, timeout=60)
    put(client, unique, new, reporter)
    assert claim(client, unique)["status"]["phase"] == "Bound"
    assert volume(client, f"{unique}-data")["spec"]["nfs"]["path"] == "/exports/data"


def test_a_volume_that_would_be_deleted_with_its_claim_is_kept(client: Client, reporter: Reporter, unique: str) -> None:
    old = storage(unique)
    put(client, unique, old, reporter)
    ref = Ref("v1", "PersistentVolume", "", f"{unique}-data")
    client.patch(ref, {"spec": {"persistentVolumeReclaimPolicy": "Delete"}})
    # The claim shall be of a class: its volume is no volume of the platform any more.
    objects = [
        {**obj, "spec": {**obj["spec"], "storageClassName": "elsewhere", "volumeName": ""}}
        if (obj["kind"], obj["metadata"]["name"]) == ("PersistentVolumeClaim", "data")
        else obj
        for obj in old["storage"].objects
        if obj["metadata"]["name"] != ref.name
    ]
    new = {"storage": replace(old["storage"], objects=tuple(objects))}
    move = plan(check.pending(client, new)["storage"], client.objects("v1", "PersistentVolumeClaim"))
    assert move.kept == (ref,)
    migrate(client, move, new, reporter, timeout=60)
    assert volume(client, ref.name)["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert claim(client, unique)["spec"]["storageClassName"] == "elsewhere"
