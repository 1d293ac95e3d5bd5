"""SQLite files of components: a consistent copy of one in use, and one put in its place while nobody writes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from slipway.backup import carrier
from slipway.catalog import Component, Database
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.progress import Reporter
from slipway.waiting import Clock, settle

#: Seconds until a Deployment's Pods are gone.
END = 90
#: SQLite's own online backup, so that what is written meanwhile does not break the copy.
OUT = """
import os, sqlite3, sys, tempfile
with tempfile.TemporaryDirectory() as folder:
    name = os.path.join(folder, "copy")
    there, copy = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True), sqlite3.connect(name)
    there.backup(copy)
    copy.close()
    with open(name, "rb") as file:
        while chunk := file.read(1 << 20):
            sys.stdout.buffer.write(chunk)
"""
#: Beside the old one first, so that there is always a whole one; what belongs to the old one's transactions goes.
IN = """
import os, sqlite3, sys
name, size = sys.argv[1], int(sys.argv[2])
part = name + ".restored"
with open(part, "wb") as file:
    while size:
        chunk = sys.stdin.buffer.read(min(size, 1 << 20))
        if not chunk:
            sys.exit("the input ended early")
        file.write(chunk)
        size -= len(chunk)
    os.fsync(file.fileno())
told = sqlite3.connect(part).execute("pragma quick_check").fetchone()[0]
if told != "ok":
    sys.exit(f"not a whole database: {told}")
for more in ("-wal", "-shm", "-journal"):
    if os.path.exists(name + more):
        os.unlink(name + more)
os.replace(part, name)
"""


def name_of(component: Component, database: Database) -> str:
    """``jupyterhub/hub``: namespace and Deployment."""
    return f"{component.namespace}/{database.deployment}"


def deployment(client: Client, component: Component, database: Database) -> Obj | None:
    """The Deployment that writes it."""
    return client.get("apps/v1", "Deployment", database.deployment, component.namespace)


def read(client: Client, component: Component, database: Database, take: Callable[[IO[bytes]], int]) -> int:
    """Give a copy to ``take``; how many bytes it was. Raises SlipwayError when no Pod of the Deployment runs."""
    workload = deployment(client, component, database) or {}
    where = f"Deployment {name_of(component, database)}"
    pods = _pods(client, workload) if workload else []
    running = [pod for pod in pods if (pod.get("status") or {}).get("phase") == "Running"]
    if not running:
        raise SlipwayError("no Pod of it runs: its database cannot be read", where, "slipway status; then again")
    pod = running[0]["metadata"]
    command = ["python3", "-c", OUT, database.path]
    return take(client.exec_output(pod["namespace"], pod["name"], command, database.container))


def write(
    client: Client, component: Component, database: Database, source: IO[bytes], size: int, reporter: Reporter
) -> None:
    """Put a copy in the database's place. The Deployment is away meanwhile, and comes back whatever happens."""
    workload = deployment(client, component, database)
    where = f"Deployment {name_of(component, database)}"
    if workload is None:
        raise SlipwayError("is not there: its database cannot be restored", where, "slipway status")
    ref = Ref("apps/v1", "Deployment", component.namespace, database.deployment)
    replicas = workload["spec"].get("replicas", 1) or 1
    client.patch(ref, {"spec": {"replicas": 0}})
    try:
        _until_gone(client, workload, where)
        with carrier.running(client, carrier.of_deployment(workload, database.container), reporter) as pod:
            command = ["python3", "-c", IN, database.path, str(size)]
            client.exec_input(pod.namespace, pod.name, command, source)
    finally:
        client.patch(ref, {"spec": {"replicas": replicas}})


def _pods(client: Client, workload: Obj) -> list[Obj]:
    labels = ",".join(f"{key}={value}" for key, value in sorted(workload["spec"]["selector"]["matchLabels"].items()))
    return client.objects("v1", "Pod", workload["metadata"]["namespace"], labels=labels)


def _until_gone(client: Client, workload: Obj, where: str) -> None:
    if left := settle(lambda: _pods(client, workload), lambda left: not left, Clock(END)):
        names = ", ".join(pod["metadata"]["name"] for pod in left)
        raise SlipwayError(f"its Pods are not gone after {END} s: {names}", where)
