"""Argo goes to another version and back while Workflows run: none is lost, no pod runs twice."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from subprocess import CompletedProcess
from typing import Any

import pytest
from slipway.artifacts.containerd import names_and_digests
from slipway.artifacts.former import references
from slipway.kube import Client, Obj
from slipway.node import NodeConfig

NEW, OLD = "3.7.18", "3.6.12"
API = "argoproj.io/v1alpha1"
IMAGE = "slipway.local/base:0.1.0"
#: Room for a machine that is busy with something else.
SECONDS = 300.0

Create = Callable[[Obj], Obj]
Eventually = Callable[..., Any]
Slipway = Callable[..., CompletedProcess[str]]

#: A step that runs until the controller says, in its metrics, that it is of the version given; prints that version.
UNTIL = """
import time, urllib.request
while True:
    try:
        text = urllib.request.urlopen("http://workflow-controller-metrics.argo:9090/metrics", timeout=5).read().decode()
        if 'git_tag="v{{inputs.parameters.version}}"' in text:
            break
    except OSError:
        pass
    time.sleep(1)
open("/tmp/seen", "w").write("{{inputs.parameters.version}}")
"""


@pytest.fixture
def afterwards(slipway: Slipway) -> Iterator[None]:
    """Whatever happened: the version that the distribution ships is installed again."""
    yield
    done = slipway("upgrade", "--component", "argo", timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def metrics(create: Create, temp_name: str) -> None:
    """The steps ask the controller for its metrics, which are closed to projects."""
    project = {"namespaceSelector": {"matchLabels": {"slipway.dev/project": "true"}}}
    spec = {
        "podSelector": {"matchLabels": {"app": "workflow-controller"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [project], "ports": [{"port": 9090}]}],
    }
    meta = {"name": temp_name, "namespace": "argo"}
    create({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec})


def steps(*versions: str) -> Obj:
    """A Workflow's spec: each step waits for a controller of its version; a last one joins what they saw."""
    waits = [
        [{"name": f"until-{n}", "template": "until", "arguments": {"parameters": [{"name": "version", "value": v}]}}]
        for n, v in enumerate(versions)
    ]
    seen = " ".join(f"{{{{steps.until-{n}.outputs.parameters.seen}}}}" for n in range(len(versions)))
    last = {"name": "join", "template": "join", "arguments": {"parameters": [{"name": "seen", "value": seen}]}}
    return {
        "entrypoint": "main",
        "activeDeadlineSeconds": 1800,
        "templates": [
            {"name": "main", "steps": [*waits, [last]]},
            {
                "name": "until",
                "inputs": {"parameters": [{"name": "version"}]},
                "container": {"image": IMAGE, "command": ["python3", "-c", UNTIL]},
                "outputs": {"parameters": [{"name": "seen", "valueFrom": {"path": "/tmp/seen"}}]},
            },
            {
                "name": "join",
                "inputs": {"parameters": [{"name": "seen"}]},
                "container": {"image": IMAGE, "command": ["sh", "-c", "echo '{{inputs.parameters.seen}}' >/tmp/all"]},
                "outputs": {"parameters": [{"name": "all", "valueFrom": {"path": "/tmp/all"}}]},
            },
        ],
    }


class Watched:
    """A Workflow and its pods."""

    def __init__(self, kube: Client, created: Obj) -> None:
        self._kube, self.name, self._namespace = kube, created["metadata"]["name"], created["metadata"]["namespace"]
        self.uid = created["metadata"]["uid"]

    def now(self) -> Obj:
        found = self._kube.get(API, "Workflow", self.name, self._namespace)
        assert found is not None, f"workflow {self.name} is lost"
        return found

    def nodes(self, kind: str = "Pod") -> list[Obj]:
        return [n for n in (self.now().get("status") or {}).get("nodes", {}).values() if n["type"] == kind]

    def running(self, step: str) -> bool:
        """Whether this step's pod runs."""
        return any(node["displayName"] == step and node["phase"] == "Running" for node in self.nodes())

    def over(self) -> str:
        """The last phase; "" while it runs."""
        phase = (self.now().get("status") or {}).get("phase", "")
        return phase if phase in ("Succeeded", "Failed", "Error") else ""

    def pods(self) -> list[Obj]:
        return self._kube.objects("v1", "Pod", self._namespace, labels=f"workflows.argoproj.io/workflow={self.name}")

    def result(self) -> str:
        """What the last step joined."""
        (node,) = [node for node in self.nodes() if node["displayName"] == "join"]
        (value,) = [item["value"] for item in node["outputs"]["parameters"] if item["name"] == "all"]
        return str(value).strip()


def controller(kube: Client) -> str:
    """The image of the controller's only pod, which is ready; its tag is that of the build."""
    pods = kube.objects("v1", "Pod", "argo", labels="app=workflow-controller")
    (pod,) = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
    assert all(status["ready"] for status in pod["status"]["containerStatuses"])
    return str(pod["spec"]["containers"][0]["image"]).rsplit(":", 1)[0]


def history(slipway: Slipway) -> list[Obj]:
    done = slipway("history", "--output", "json", timeout=120)
    assert done.returncode == 0, done.stderr
    found: list[Obj] = json.loads(done.stdout)
    return found


def well(done: CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_upgrade_and_a_rollback_lose_no_workflow(
    kube: Client,
    slipway: Slipway,
    create: Create,
    eventually: Eventually,
    afterwards: None,
    metrics: None,
    temp_name: str,
    project: str,
) -> None:
    assert controller(kube) == "slipway.local/argo", "these tests begin with the version of the distribution"
    # Building is no part of what is tested, and lasts when it was never built.
    well(slipway("images", "build", "argo36", "argo-server36", timeout=1800))

    def start(name: str, *versions: str) -> Watched:
        meta = {"name": f"{temp_name}-{name}", "namespace": project}
        made = Watched(
            kube, create({"apiVersion": API, "kind": "Workflow", "metadata": meta, "spec": steps(*versions)})
        )
        eventually(lambda: made.running("until-0"), timeout=SECONDS, what=f"workflow {name} did not start")
        return made

    before = max(entry["number"] for entry in history(slipway) if f"argo={NEW}" in entry["components"])
    there_and_back = start("both", OLD, NEW)
    first_pods = {pod["metadata"]["uid"] for pod in there_and_back.pods()}

    well(slipway("upgrade", "--component", "argo", "--to", OLD, timeout=900))
    assert controller(kube) == "slipway.local/argo36"
    eventually(lambda: there_and_back.running("until-1"), timeout=SECONDS, what="the Workflow did not go on under 3.6")
    back = start("back", NEW)

    # The node has lost the image: the rollback brings what its manifests name.
    socket = NodeConfig().containerd_socket
    manifests = well(slipway("get", "manifests", str(before), "--only", "argo", timeout=300))
    lost = {name for name in references(manifests) if name.startswith("slipway.local/argo:")}
    assert lost
    for name in lost:
        subprocess.run(["ctr", "--address", str(socket), "-n", "k8s.io", "images", "rm", "--sync", name], check=True)

    # By its number: on a cluster that others use, the revision before the last may be theirs.
    well(slipway("rollback", str(before), "--only", "argo", timeout=900))
    assert lost <= set(names_and_digests(socket))
    assert controller(kube) == "slipway.local/argo"
    for made, seen in ((there_and_back, f"{OLD} {NEW}"), (back, NEW)):
        phase = eventually(made.over, timeout=SECONDS, what=f"workflow {made.name} is not over")
        assert phase == "Succeeded", made.now()["status"]
        assert made.now()["metadata"]["uid"] == made.uid
        assert made.result() == seen
        pods = made.pods()
        # A pod per step, and none that began again.
        assert len(pods) == len(made.nodes()) == len(seen.split()) + 1
        assert all(status["restartCount"] == 0 for pod in pods for status in pod["status"]["containerStatuses"])
    assert first_pods < {pod["metadata"]["uid"] for pod in there_and_back.pods()}

    ours = [entry for entry in history(slipway) if entry["number"] > before and entry["action"] != "install"]
    assert [(entry["action"], entry["state"]) for entry in ours] == [("upgrade", "deployed"), ("rollback", "deployed")]
    assert [version for entry in ours for version in (OLD, NEW) if f"argo={version}" in entry["components"]] == [
        OLD,
        NEW,
    ]
    planned = json.loads(well(slipway("plan", "argo", "--output", "json", timeout=300)))
    assert [change for change in planned["changes"] if change["component"] == "argo"] == []
