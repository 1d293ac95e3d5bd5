"""cluster.yml with three control planes behind HAProxy: etcd's members, and the loss of a host."""

from __future__ import annotations

import json
from typing import Any

import hosts_pods as pods
import pytest
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj

NAMES = ("control-1", "control-2", "control-3")
LOST = {"control-1": False, "control-2": True, "control-3": True}
#: Asks the host's own etcd for its members: JSON over etcd's client port, as the API server's client.
MEMBERS = """
import json, ssl, urllib.request
place = "/etc/kubernetes/pki"
context = ssl.create_default_context(cafile=f"{place}/etcd/ca.crt")
context.load_cert_chain(f"{place}/apiserver-etcd-client.crt", f"{place}/apiserver-etcd-client.key")
request = urllib.request.Request("https://127.0.0.1:2379/v3/cluster/member/list", data=b"{}")
print(urllib.request.urlopen(request, context=context, timeout=30).read().decode())
"""


@pytest.fixture(scope="module")
def kube(trio: Any, cluster: Any) -> Client:
    """Through the load balancer, by the kubeconfig that the playbook left on the control machine."""
    found = Client.from_kubeconfig(trio.directory / "admin.conf")
    assert f"//{trio.machines['balancer'].address}:6443" in found.server
    return found


def scheduled(name: str) -> Obj:
    """A Pod that goes where the scheduler sends it."""
    pod = pods.server(name, "")
    del pod["spec"]["nodeName"]
    return pod


def test_it_was_done(cluster: Any) -> None:
    for name in NAMES:
        assert cluster.done[name]["changed"] > 10
        assert cluster.done[name]["failed"] == 0
    assert cluster.foretold() == {"What would be installed"}


def test_a_second_run_changes_nothing(trio: Any, describe: Any, cluster: Any) -> None:
    again = trio.play(describe(), "cluster.yml")
    assert {name: again[name]["changed"] for name in NAMES} == dict.fromkeys(NAMES, 0)
    checked = trio.play(describe(), "cluster.yml", "--check", "--diff")
    assert {name: checked[name]["changed"] for name in NAMES} == dict.fromkeys(NAMES, 0)


def test_all_of_them_are_ready_control_planes(kube: Client) -> None:
    assert pods.node_names(kube) == dict.fromkeys(NAMES, True)
    for name in NAMES:
        for program in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
            assert pods.ready_address(kube, f"{program}-{name}", namespace="kube-system")


@pytest.mark.parametrize("name", NAMES)
def test_etcd_has_three_voting_members(trio: Any, cluster: Any, name: str) -> None:
    found = json.loads(trio.ssh(name, f"python3 - <<'END'\n{MEMBERS}END"))["members"]
    assert {item["name"] for item in found} == set(NAMES)
    assert not [item for item in found if item.get("isLearner")]


def test_nothing_of_the_joins_is_left(trio: Any, kube: Client) -> None:
    secrets = [item["metadata"]["name"] for item in kube.objects("v1", "Secret", "kube-system")]
    assert "kubeadm-certs" not in secrets
    for name in NAMES:
        assert "gone" in trio.ssh(name, "test -e /etc/slipway-cluster/join.yaml || echo gone")


def test_the_name_service_does_not_stand_on_one_host(kube: Client) -> None:
    found = [
        pod
        for pod in kube.objects("v1", "Pod", "kube-system", labels="k8s-app=kube-dns")
        if not pod["metadata"].get("deletionTimestamp")
    ]
    assert len(found) == 2
    assert len({pod["spec"]["nodeName"] for pod in found}) == 2


def test_the_loss_of_the_first_leaves_a_cluster_that_works(trio: Any, kube: Client) -> None:
    kube.create(pods.service("stays"))
    kube.create(pods.server("stays", "control-2"))
    pods.ready_address(kube, "stays")
    trio.machines["control-1"].stop()
    # At once: the API and etcd's majority; the host is named, since the scheduler does not know of the loss yet.
    create(kube, pods.server("at-once", "control-3"))
    pods.until(lambda: nodes(kube) == LOST, lambda: f"nobody notes the loss: {nodes(kube)}", 240)
    # And then scheduler and controllers of the others, whoever had the lead.
    create(kube, scheduled("after"))
    for name in ("at-once", "after"):
        pods.ready_address(kube, name)
    found = kube.get("v1", "Pod", "after", pods.NAMESPACE) or {}
    assert found["spec"]["nodeName"] != "control-1"
    # Names and Services, too: what stood on the lost host is asked no more.
    assert pods.ask(kube, "after", f"http://stays.{pods.NAMESPACE}.svc.cluster.local") == "stays"


def nodes(kube: Client) -> dict[str, Any]:
    """Node → whether it is Ready; nothing where a connection broke with the host that it went to."""
    try:
        return pods.node_names(kube)
    except SlipwayError:
        return {}


def create(kube: Client, pod: Obj, seconds: float = 120) -> None:
    """Create a Pod, in spite of connections that the lost host had and of an election among etcd's members."""
    said = ""

    def there() -> bool:
        nonlocal said
        try:
            if kube.get("v1", "Pod", pod["metadata"]["name"], pods.NAMESPACE) is None:
                kube.create(pod)
        except SlipwayError as error:
            said = str(error)
            return False
        return True

    pods.until(there, lambda: f"no Pod can be created: {said}", seconds)
