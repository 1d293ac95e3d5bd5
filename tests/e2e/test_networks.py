"""What a pod of a project reaches: a table of addresses, tried from inside one pod before anything else runs in it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slipway.kube import Client, Obj, Ref, ref_of

IMAGE = "slipway.local/base:0.1.0"
#: Tries all at once, at the start of the pod: its first packets are judged, too.
TRY = """
import concurrent.futures, json, socket, sys
def reached(address):
    try:
        socket.create_connection(tuple(address), 3).close()
    except OSError as error:
        return type(error).__name__
    return "reached"
wanted = json.loads(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(len(wanted)) as pool:
    print(json.dumps(dict(zip(wanted, pool.map(reached, wanted.values())))))
"""

Eventually = Callable[..., Any]


def address(kube: Client, namespace: str, labels: str) -> str:
    """A running pod's."""
    found = kube.objects("v1", "Pod", namespace, labels=labels)
    return next(str(pod["status"]["podIP"]) for pod in found if pod["status"]["phase"] == "Running")


@pytest.fixture(scope="module")
def tried(kube: Client, project: str, node_ip: str) -> Iterator[Callable[[], dict[str, str]]]:
    """Name of an address → what happened."""
    gateway, hub = address(kube, "ambassador", "app=gateway"), "app.kubernetes.io/component"
    wanted = {
        "metadata": ("169.254.169.254", 80),
        "kubelet": (node_ip, 10250),
        "etcd": (node_ip, 2379),
        "NFS": (node_ip, 2049),
        "gateway admin": (gateway, 8877),
        "workflows metrics": (address(kube, "argo", "app=workflow-controller"), 9090),
        "registry debug": (address(kube, "registry", "app=registry"), 5001),
        "proxy api": (address(kube, "jupyterhub", f"{hub}=proxy"), 8001),
        "notebook": (notebook(kube, project), 8888),
        "API server": ("kubernetes.default.svc", 443),
        "gateway": ("ambassador.ambassador.svc", 80),
        "hub": ("hub.jupyterhub.svc", 8081),
        "registry": ("registry.registry.svc", 5000),
    }
    made = kube.create(pod(project, ["python3", "-c", TRY, json.dumps(wanted)]))
    yield lambda: answers(kube, made)
    kube.delete(ref_of(made))
    kube.delete(Ref("v1", "Pod", project, "e2e-networks-server"))


def pod(namespace: str, command: list[str], name: str = "", **labels: str) -> Obj:
    meta: Obj = {"namespace": namespace, "labels": labels} | ({"name": name} if name else {"generateName": "e2e-"})
    spec = {
        "containers": [{"name": "main", "image": IMAGE, "command": command}],
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def notebook(kube: Client, project: str) -> str:
    """The address of a pod that listens where a user's server does, with its label."""
    label = {"app.kubernetes.io/managed-by": "kubespawner"}
    made = kube.create(pod(project, ["python3", "-m", "http.server", "8888"], "e2e-networks-server", **label))
    for _, seen in kube.watch("v1", "Pod", project, fields="metadata.name=e2e-networks-server", timeout=60):
        if seen["status"].get("phase") == "Running":
            return str(seen["status"]["podIP"])
    raise AssertionError(f"{made['metadata']['name']} does not run")


def answers(kube: Client, made: Obj) -> dict[str, str]:
    meta = made["metadata"]
    seen = kube.get("v1", "Pod", meta["name"], meta["namespace"]) or {}
    if seen.get("status", {}).get("phase") not in ("Succeeded", "Failed"):
        return {}
    found: dict[str, str] = json.loads(kube.logs(meta["namespace"], meta["name"]))
    return found


@pytest.mark.parametrize(
    "name",
    [
        "metadata", "kubelet", "etcd", "NFS", "gateway admin", "workflows metrics", "registry debug", "proxy api",
        "notebook",
    ],
)  # fmt: skip
def test_a_pod_does_not_reach(tried: Callable[[], dict[str, str]], eventually: Eventually, name: str) -> None:
    assert eventually(tried, timeout=60, what="the pod has not tried")[name] == "TimeoutError"


@pytest.mark.parametrize("name", ["API server", "gateway", "hub", "registry"])
def test_a_pod_reaches(tried: Callable[[], dict[str, str]], eventually: Eventually, name: str) -> None:
    assert eventually(tried, timeout=60, what="the pod has not tried")[name] == "reached"


def test_a_restart_opens_nothing(kube: Client, eventually: Eventually) -> None:
    (before,) = kube.objects("v1", "Pod", "network-policies", labels="app=network-policies")
    kube.delete(ref_of(before))

    def another() -> bool:
        saved = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout
        for chain, queue in (("SLIPWAY-WAIT", 101), ("SLIPWAY-JUDGE", 100)):
            if f"-j {chain}\n" not in saved or f"-A {chain} -s " not in saved or f"--queue-num {queue}\n" not in saved:
                # No AssertionError, which would be asked again.
                pytest.fail(f"{chain} does not ask any more")
        pods = kube.objects("v1", "Pod", "network-policies", labels="app=network-policies")
        states = [state for pod in pods for state in pod["status"].get("containerStatuses", [])]
        uids = {pod["metadata"]["uid"] for pod in pods}
        return before["metadata"]["uid"] not in uids and bool(states) and all(state["ready"] for state in states)

    eventually(another, timeout=60, every=0.1, what="no other pod is ready")
