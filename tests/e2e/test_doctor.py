"""The doctor on the running cluster: all is well, and what is broken on purpose is named."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from slipway import paths
from slipway.catalog import Component
from slipway.doctor.cluster import claims, dns, nfs, pods, pulls, resources, traffic
from slipway.doctor.cluster.context import Context
from slipway.doctor.cluster.space import space
from slipway.doctor.examine import examine
from slipway.doctor.table import checks_of
from slipway.kube import Client, Obj
from slipway.render import Rendered

Create = Callable[[Obj], Obj]
Slipway = Callable[..., subprocess.CompletedProcess[str]]
#: An address of TEST-NET-2 (RFC 5737): nobody answers there.
NOWHERE = "198.51.100.1"


@pytest.fixture(scope="module")
def ctx(kube: Client, project: str) -> Iterator[Context]:
    """Pods in a namespace of the doctor's own; waiting is short, for what is broken stays so."""
    with space(kube) as name:
        yield Context(kube, project=project, space=name, seconds=90)


def planned(*objects: Obj, **settings: str) -> dict[str, Rendered]:
    component = Component("storage", "1.0", "compact", "storage", "storage", Path("storage"))
    return {"storage": Rendered(component, objects, settings, "digest")}


def claim(namespace: str, name: str) -> Obj:
    spec = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}


def test_all_is_well_and_nothing_is_left(slipway: Slipway, kube: Client) -> None:
    """Every check of the table is told; disks may be a warning on a small machine, and images are imported."""
    done = slipway("doctor", "--output", "json", timeout=500)
    rows = json.loads(done.stdout)
    told = [row for row in rows if row["scope"] == "cluster"]
    assert [row for row in rows if row["result"] == "fail"] == [], done.stderr
    assert done.returncode == 0
    assert {row["check"] for row in told} == {check.name for check in checks_of("cluster")}
    assert {row["check"] for row in told if row["result"] == "skip"} <= {"pulls", "webhooks"}
    assert all(row["remedy"] for row in rows if row["result"] == "warn")
    left = kube.objects("v1", "Pod", labels="slipway.dev/probe=doctor")
    assert [pod for pod in left if "deletionTimestamp" not in pod["metadata"]] == []


def test_a_nameserver_that_does_not_answer(ctx: Context) -> None:
    options = [{"name": "timeout", "value": "1"}, {"name": "attempts", "value": "1"}]
    broken = {"nameservers": [NOWHERE], "searches": ["x.svc.cluster.local", "svc.cluster.local"], "options": options}
    found = dns.ask(ctx, {"dnsPolicy": "None", "dnsConfig": broken})
    assert found.result == "fail"
    assert f"{NOWHERE} resolves no name of the cluster" in found.says
    assert "DNS servers are ready" in found.says


def test_an_image_that_does_not_exist(ctx: Context) -> None:
    """A real kubelet tries, and says why not."""
    found = pulls.pull(ctx, "registry.invalid/no/such:1")
    assert found.result == "fail"
    assert "registry.invalid/no/such:1 was not pulled" in found.says
    assert "ErrImagePull" in found.says or "ImagePullBackOff" in found.says
    assert "mirror" in found.remedy


def test_a_class_without_provisioner(ctx: Context, create: Create, temp_name: str) -> None:
    body = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": temp_name}}
    create({**body, "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "Immediate"})
    found = claims.dynamic(replace(ctx, seconds=15), temp_name, "ReadWriteOnce")
    assert found.result == "fail"
    assert f"{temp_name} (ReadWriteOnce): the claim was not bound" in found.says
    assert found.remedy


@pytest.fixture
def closed(project: str) -> Iterator[None]:
    """The claim's directory is user 1000's and group 100's alone: usually everybody may put something in."""
    directory = paths.DATA / "nfs" / "data"
    mode = directory.stat().st_mode & 0o7777
    directory.chmod(0o3770)
    yield
    directory.chmod(mode)


@pytest.mark.usefixtures("closed")
def test_a_user_who_may_not_write(ctx: Context, project: str) -> None:
    """Another one is refused by the file system itself."""
    stranger = replace(ctx, rendered=planned(claim(project, "data"), uid="4321", gid="4321"))
    found = claims.static(stranger)
    assert [each.result for each in found] == ["fail"]
    assert "claim data: user 4321 cannot write" in found[0].says
    assert "4321" in found[0].remedy
    assert [each.result for each in claims.static(replace(ctx, rendered=planned(claim(project, "data"))))] == ["ok"]


def test_packets_that_are_lost(ctx: Context) -> None:
    """A pod asks where nobody answers, as it would with a firewall between nodes and without kube-proxy."""
    targets = {"pod@far": (NOWHERE, 8080), "service": (NOWHERE, 80)}
    done = pods.run(ctx, pods.pod(ctx, traffic.client_script(targets, "word")))
    far, service = traffic.judge({"near": done}, set(targets), 2)
    assert "from node near, no pod on node far is reached" in far.says and "firewall" in far.remedy
    assert "no Service is reached" in service.says and "kube-proxy" in service.remedy


def test_nfs_servers(ctx: Context, node_ip: str) -> None:
    """No server, a server that does not export the directory, a name that only the cluster could know."""
    assert "no connection to port 2049" in nfs.look(ctx, NOWHERE, ["/data"])[0].says
    assert "does not export /no/such" in nfs.look(ctx, node_ip, ["/no/such"])[0].says
    inside = nfs.look(ctx, "nfs.nowhere.svc.cluster.local", ["/data"])[0]
    assert inside.result == "fail" and "asked from a pod" in inside.says


def test_a_pod_that_fits_nowhere(ctx: Context) -> None:
    """The scheduler agrees with the arithmetic of the check."""
    huge = {"requests": {"cpu": "4000"}}
    body = pods.pod(ctx, "exit 0")
    body["spec"]["containers"][0]["resources"] = huge
    done = pods.run(replace(ctx, seconds=10), body)
    assert "Insufficient cpu" in done.why and "smaller requests" in done.remedy
    template = {"spec": {"containers": [{"name": "c", "resources": huge}]}}
    meta = {"name": "huge", "namespace": "x"}
    plan = planned({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {"template": template}})
    found = resources.run(replace(ctx, rendered=plan))
    assert found[0].result == "fail" and "4000.00 CPUs are requested" in found[0].says


def test_what_is_refused_is_told_and_the_rest_goes_on(kube: Client, project: str) -> None:
    """A pod that the API server does not take fails its own check only, and the namespace goes."""
    wrong = planned(claim(project, "data"), helper_image="Not An Image", uid="0")
    rows = examine(
        Context(kube, wrong, project), [check for check in checks_of("cluster") if check.name in ("dns", "version")]
    )
    told = {row.check: row for row in rows}
    assert {name: row.result for name, row in told.items()} == {"version": "ok", "pods": "fail", "dns": "skip"}
    assert told["pods"].cause in told["dns"].cause
    assert "user 0" in told["pods"].cause or "runAsUser" in told["pods"].cause or "Not An Image" in told["pods"].cause
