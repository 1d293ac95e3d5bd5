"""etcd's disk quota is used up in the middle of an installation: said at once, and the next run goes on."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api_objects import config_map, namespace
from api_server import Server
from eventually import eventually
from slipway.catalog import Component, load_catalog
from slipway.errors import SlipwayError
from slipway.kube import Client
from slipway.progress import Reporter
from slipway.release.applying.engine import Installation, install
from slipway.release.planning.plan import Plan
from slipway.release.state import inventory, revisions
from slipway.render import Facts, render
from slipway.render.images import unchanged

Tree = Callable[..., Path]


def with_quota(server: Server, *flags: str) -> None:
    """etcd once more, with these flags, and the API server when it answers again."""
    etcd = server.programs["etcd"]
    words = [word for word in etcd.words if not word.startswith("--quota-backend-bytes")]
    etcd.end()
    log = subprocess.DEVNULL
    etcd.process = subprocess.Popen([*words, *flags], stdout=log, stderr=log, start_new_session=True)
    eventually(lambda: answers(server.client), "the API server answers")


def answers(client: Client) -> bool:
    try:
        return client.get("v1", "Namespace", "default") is not None
    except SlipwayError:
        return False


def disarm(server: Server) -> None:
    """What etcdctl alarm disarm asks for."""
    words = server.programs["etcd"].words
    (url,) = [word.partition("=")[2] for word in words if word.startswith("--listen-client-urls=")]
    members = call(f"{url}/v3/maintenance/alarm", {"action": "GET"}).get("alarms", [])
    assert members
    for member in members:
        call(f"{url}/v3/maintenance/alarm", {**member, "action": "DEACTIVATE"})


def call(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def test_said_at_once_and_gone_on_from(fresh_server: Server, tree: Tree, reporter: Reporter, unique: str) -> None:
    client, second = fresh_server.client, f"{unique}-second"
    parts = [config_map(second, f"part-{number}", x="1") for number in range(5)]
    root = tree(
        {
            unique: {"objects": [namespace(unique)]},
            second: {"objects": [namespace(second), *parts], "spec": {"requires": [unique]}},
        }
    )

    def put(fault: Callable[[], None] | None = None) -> Installation:
        items = render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)
        plan = Plan("test", "workbench", items, dict.fromkeys(items, 600.0))

        def prepare(component: Component) -> None:
            if fault and component.name == unique:
                fault()

        return install(plan, client, reporter, prepare=prepare)

    try:
        done = put(lambda: with_quota(fresh_server, "--quota-backend-bytes=1"))
        failed = [str(outcome.error) for outcome in done.outcomes if outcome.error]
    except SlipwayError as error:
        # The release cannot be written, either.
        failed = [str(error)]
    assert any("database space exceeded" in text for text in failed), failed
    assert any("--quota-backend-bytes" in text for text in failed), failed
    with_quota(fresh_server)
    disarm(fresh_server)
    eventually(lambda: client.apply(namespace("written")), "etcd takes writes again")
    assert put().ok
    assert {record.state for record in inventory.load_records(client).values()} == {"ready"}
    assert revisions.entries(client)[-1].state == "deployed"
    assert len(client.objects("v1", "ConfigMap", second, labels="app.kubernetes.io/managed-by=slipway")) == 5
