"""Pods and events as the kubelet, the scheduler and the controllers write them: each has a cause and a remedy."""

from __future__ import annotations

from typing import Any

import pytest
from slipway.diagnosis import remedies
from slipway.diagnosis.causes import causes_of_pod, of_node, refusal, sentences_of_events
from slipway.kube import ApiError, Ref
from slipway.release.deletion.delete import holder
from slipway.release.refusals.classify import Expected, awaited, classify


def pod(status: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "web-6d4b-x", "namespace": "kubeflow"}, "status": {"phase": "Pending", **status}}


def container(image: str, **state: Any) -> dict[str, Any]:
    status = {"name": "main", "image": image, "imageID": "", "ready": False, "restartCount": 0, "state": state}
    return pod({"containerStatuses": [status]})


def pulling(image: str, message: str) -> dict[str, Any]:
    return container(image, waiting={"reason": "ErrImagePull", "message": message})


PULL = 'rpc error: code = Unknown desc = failed to pull and unpack image "{0}": failed to resolve reference "{0}": '


@pytest.mark.parametrize(
    ("image", "message", "remedy"),
    [
        ("slipway.local/base:0.1.0", "dial tcp: lookup slipway.local: no such host", "slipway images build"),
        ("quay.io/argoproj/argocli:v3.7.18", "dial tcp: lookup quay.io on 10.0.0.1:53: no such host", "images mirror"),
        ("quay.io/a/b:1", 'Head "https://quay.io/v2/": dial tcp 192.0.2.9:443: i/o timeout', "images mirror"),
        ("registry.example.com/a:1", "pull access denied, repository does not exist or may require", "imagePullSecret"),
        ("registry.example.com/a:1", "unexpected status: 401 Unauthorized", "imagePullSecret"),
        ("registry.example.com/a:1", "tls: failed to verify certificate: x509: unknown authority", "CA on the nodes"),
        ("registry.example.com/a:none", "registry.example.com/a:none: not found", "correct the reference"),
        ("docker.io/library/a:1", "429 Too Many Requests - toomanyrequests: rate limit", "mirror, or wait"),
    ],
)
def test_images(image: str, message: str, remedy: str) -> None:
    (cause,) = causes_of_pod(pulling(image, PULL.format(image) + message))
    assert message in cause.text
    assert remedy in cause.remedy
    assert cause.container == ""


def test_an_image_that_may_not_be_fetched() -> None:
    message = 'Container image "slipway.local/base:0.1.0" is not present with pull policy of Never'
    waiting = {"reason": "ErrImageNeverPull", "message": message}
    (cause,) = causes_of_pod(container("slipway.local/base:0.1.0", waiting=waiting))
    assert message in cause.text
    assert "slipway images build" in cause.remedy


@pytest.mark.parametrize(
    ("reason", "message", "remedy"),
    [
        ("InvalidImageName", 'Failed to apply default image tag "a:b:c"', "correct the image's name"),
        ("CreateContainerConfigError", 'secret "login" not found', "missing or lacks a key"),
        ("CreateContainerConfigError", "couldn't find key password in Secret x/login", "missing or lacks a key"),
        ("CreateContainerConfigError", "container has runAsNonRoot and image will run as root", "runAsUser"),
        (
            "RunContainerError",
            'runc create failed: exec: "serve": executable file not found in $PATH',
            "no such command",
        ),
        ("StartError", 'unable to start: exec: "/serve": stat /serve: no such file or directory', "no such command"),
        ("RunContainerError", 'runc create failed: exec: "/serve": permission denied', "its mode"),
        ("RunContainerError", "exec /serve: exec format error", "another processor"),
        ("RunContainerError", "context deadline exceeded", "see the message"),
        ("CreateContainerError", "failed to reserve container name", "container runtime"),
        ("PostStartHookError", "exited with 1", "postStart"),
    ],
)
def test_containers_that_do_not_start(reason: str, message: str, remedy: str) -> None:
    (cause,) = causes_of_pod(container("a", waiting={"reason": reason, "message": message}))
    assert message in cause.text
    assert remedy in cause.remedy


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("exec /usr/bin/serve: exec format error", "another processor"),
        ("OSError: [Errno 28] No space left on device: '/data/x'", "disk is full"),
        ("mkdir /data/db: permission denied", "fsGroup"),
        ("PermissionError: [Errno 13] Permission denied: '/data/db'", "fsGroup"),
        ("open /var/x: Read-only file system", "emptyDir"),
        ("dial tcp: lookup db on 10.96.0.10:53: no such host", "--only dns"),
        ('pods is forbidden: User "system:serviceaccount:x:web" cannot list resource "pods"', "RoleBinding"),
        ("dial tcp 10.96.0.1:443: connect: connection refused", "does not answer"),
        ("all is well", ""),
    ],
)
def test_what_a_process_says_itself(line: str, remedy: str) -> None:
    assert remedy in remedies.of_log(f"starting\n{line}\nbye")


def test_a_process_that_ends_shows_the_log_of_its_last_life() -> None:
    found = container(
        "a", waiting={"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}
    )
    found["status"]["containerStatuses"][0]["lastState"] = {"terminated": {"exitCode": 1, "reason": "Error"}}
    (cause,) = causes_of_pod(found)
    assert (cause.container, cause.previous) == ("main", True)
    assert cause.text.endswith("; its process ended with code 1")
    assert "last log lines" in cause.remedy


def test_a_process_that_the_kernel_ended() -> None:
    found = container("a", waiting={"reason": "CrashLoopBackOff", "message": "back-off"})
    found["status"]["containerStatuses"][0]["lastState"] = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    (cause,) = causes_of_pod(found)
    assert "out of memory" in cause.text
    assert "memory limit" in cause.remedy


def test_a_pod_that_the_node_threw_out() -> None:
    message = "The node was low on resource: ephemeral-storage. Threshold quantity: 5Gi, available: 4Gi."
    (cause,) = causes_of_pod(pod({"phase": "Failed", "reason": "Evicted", "message": message}))
    assert "ephemeral-storage" in cause.text
    assert "free some" in cause.remedy


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available", "CPUs"),
        ("0/1 nodes are available: 1 Insufficient memory.", "memory"),
        ("0/2 nodes are available: 2 Insufficient nvidia.com/gpu.", "device plugin"),
        ("0/1 nodes are available: 1 Too many pods.", "add a machine"),
        ("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.", "claim is not bound"),
        ('persistentvolumeclaim "data" not found', "claim is not bound"),
        ("0/2 nodes are available: 2 node(s) had volume node affinity conflict.", "on another node"),
        ("0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.", "Ready"),
        ("0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }.", "disk"),
        ("0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.", "tolerates"),
        ("0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector.", "nodeSelector"),
        ("no nodes available to schedule pods", "no node"),
        ("0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.", "Ready"),
        ("0/1 nodes are available: 1 node(s) were unschedulable.", "uncordon"),
        ("0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unschedulable: }.", "uncordon"),
        ("0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.", "hostPort"),
    ],
)
def test_scheduling_from_the_condition_and_from_the_event(message: str, remedy: str) -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    (cause,) = causes_of_pod(pod({"conditions": [condition]}))
    assert message in cause.text
    assert remedy in cause.remedy
    assert remedy in warning("FailedScheduling", message)


def warning(reason: str, message: str) -> str:
    """The remedy of one event; what it says is always shown."""
    event = {
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": "2026-01-01T00:00:00Z",
        "involvedObject": {"kind": "Pod", "name": "web"},
    }
    lines, remedy = sentences_of_events([event])
    assert lines == [f"Pod web: {reason}: {message.splitlines()[0][:300]}"]
    return remedy


NFS = 'MountVolume.SetUp failed for volume "pvc-1" : mount failed: exit status 32 Output: '
SANDBOX = 'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "1": '
REPLICA_SET = 'Error creating: pods "web-6d4b-" is forbidden: '


@pytest.mark.parametrize(
    ("reason", "message", "remedy"),
    [
        ("FailedMount", NFS + "mount.nfs: Connection refused", "2049"),
        ("FailedMount", NFS + "mount.nfs: Connection timed out", "2049"),
        ("FailedMount", NFS + "mount.nfs: access denied by server while mounting 192.0.2.1:/data", "/etc/exports"),
        (
            "FailedMount",
            NFS + "mount: bad option; for several filesystems you might need a /sbin/mount.x",
            "nfs-common",
        ),
        ("FailedMount", NFS + "mount.nfs: mounting 192.0.2.1:/x failed: No such file or directory", "correct the path"),
        ("FailedMount", 'MountVolume.SetUp failed for volume "tls" : secret "certificate" not found', "is missing"),
        ("FailedMount", 'MountVolume.SetUp failed for volume "c" : configmap "settings" not found', "is missing"),
        ("FailedMount", "Unable to attach or mount volumes: timed out waiting for the condition", "NFS"),
        (
            "FailedAttachVolume",
            'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s)',
            "another node",
        ),
        ("FailedCreatePodSandBox", SANDBOX + "cni plugin not initialized", "/etc/cni/net.d"),
        ("FailedCreatePodSandBox", SANDBOX + "no networks found in /etc/cni/net.d", "/etc/cni/net.d"),
        (
            "FailedCreatePodSandBox",
            SANDBOX + 'plugin type="flannel" failed (add): loadFlannelSubnetEnv failed: open /run/flannel/subnet.env',
            "/etc/cni/net.d",
        ),
        (
            "NetworkNotReady",
            "network is not ready: container runtime network not ready: NetworkReady=false "
            "reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
            "/etc/cni/net.d",
        ),
        ("FailedCreatePodSandBox", SANDBOX + "failed to allocate: no IP addresses available in range set", "address"),
        ("FailedCreatePodSandBox", "Failed to create pod sandbox: runtime handler not configured", "slipway doctor"),
        ("FailedCreate", REPLICA_SET + "exceeded quota: small, requested: pods=1, used: pods=0", "ResourceQuota"),
        ("FailedCreate", REPLICA_SET + "failed quota: small: must specify limits.cpu for: main", "LimitRange"),
        ("FailedCreate", REPLICA_SET + "maximum memory usage per Container is 1Gi, but limit is 2Gi", "LimitRange"),
        ("FailedCreate", REPLICA_SET + 'violates PodSecurity "restricted:latest": runAsNonRoot', "pod-security"),
        ("FailedCreate", REPLICA_SET + "error looking up service account x/web: serviceaccount not found", "Service"),
        ("FailedCreate", 'Error creating: Internal error occurred: failed calling webhook "x"', "webhook"),
        ("FailedCreate", 'admission webhook "policy.example.com" denied the request: no', "what the webhook names"),
        ("FailedCreate", REPLICA_SET + "no PriorityClass with name high was found", "create the PriorityClass"),
        ("FailedCreate", 'Error creating: Pod "web-x" is invalid: spec.containers[0].image: Required value', "correct"),
        ("FailedCreate", "Error creating: something else", "see the message"),
        ("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", "last log lines"),
        ("FailedBinding", "no persistent volumes available for this claim and no storage class is set", "StorageClass"),
        ("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found', "no such StorageClass"),
    ],
)
def test_events(reason: str, message: str, remedy: str) -> None:
    assert remedy in warning(reason, message)


def test_a_provisioner_that_does_not_run_is_told_although_it_is_no_warning() -> None:
    message = "Waiting for a volume to be created either by the external provisioner 'a' or manually by the admin"
    about = {"kind": "PersistentVolumeClaim", "name": "data"}
    event = {"type": "Normal", "reason": "ExternalProvisioning", "message": message, "involvedObject": about}
    lines, remedy = sentences_of_events([event])
    assert message in lines[0]
    assert "does the pod of the provisioner run" in remedy


def test_the_same_refusal_of_pods_with_other_names_is_told_once() -> None:
    texts = [
        f'Error creating: pods "web-685f6d8bc-{end}" is forbidden: exceeded quota: small' for end in ("a2b3c", "xyz12")
    ]
    texts.append(f"(combined from similar events): {texts[0]}")
    events = [
        {"type": "Warning", "reason": "FailedCreate", "message": text, "involvedObject": {"kind": "ReplicaSet"}}
        for text in texts
    ]
    (line,), _ = sentences_of_events(events)
    assert line.endswith('pods "web-685f6d8bc-…" is forbidden: exceeded quota: small')
    assert refusal(texts[2]) == "exceeded quota: small"
    assert refusal("anything") == "anything"


@pytest.mark.parametrize(
    ("message", "final"),
    [
        (REPLICA_SET + 'violates PodSecurity "restricted:latest": runAsNonRoot', True),
        ('admission webhook "policy.example.com" denied the request: no', True),
        ('Error creating: Pod "web-x" is invalid: spec.containers[0].image: Required value', True),
        (REPLICA_SET + "failed quota: small: must specify limits.cpu for: main", True),
        (REPLICA_SET + "maximum memory usage per Container is 1Gi, but limit is 2Gi", True),
        # Others may end, come, or answer meanwhile.
        (REPLICA_SET + "exceeded quota: small, requested: pods=1, used: pods=0", False),
        (REPLICA_SET + "error looking up service account x/web: serviceaccount not found", False),
        (REPLICA_SET + "no PriorityClass with name high was found", False),
        ('Internal error occurred: failed calling webhook "x": no endpoints available', False),
    ],
)
def test_which_refusals_are_final(message: str, final: bool) -> None:
    assert remedies.for_good("FailedCreate", message) is final
    assert not remedies.for_good("Killing", message)


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("container runtime network not ready: NetworkReady=false: cni plugin not initialized", "/etc/cni/net.d"),
        ("Kubelet stopped posting node status.", "slipway cluster status"),
    ],
)
def test_a_node_that_is_not_ready(message: str, remedy: str) -> None:
    node = {
        "metadata": {"name": "n"},
        "status": {"conditions": [{"type": "Ready", "status": "False", "message": message}]},
    }
    text, found = of_node(node)
    assert text == f"Node n is not Ready: {message}"
    assert remedy in found
    node["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}
    assert of_node(node) == ("", "")


BOAT = Ref("example.com/v1", "Boat", "harbour", "one")


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ('pods "one" is forbidden: violates PodSecurity "restricted:latest": privileged', "pod-security.kubernetes.io"),
        ('pods "one" is forbidden: exceeded quota: small, requested: pods=1', "ResourceQuota"),
        ('pods "one" is forbidden: failed quota: small: must specify limits.cpu for: main', "LimitRange"),
        ('pods "one" is forbidden: [maximum cpu usage per Container is 1, but limit is 2]', "LimitRange"),
        ('pods "one" is forbidden: no PriorityClass with name high was found', "PriorityClass"),
        ('boats "one" is forbidden: User "x" cannot patch resource "boats"', "kubeconfig"),
    ],
)
def test_what_the_server_refuses_at_once(message: str, remedy: str) -> None:
    verdict = classify(ApiError(message, status=403, reason="Forbidden"), BOAT, Expected())
    assert verdict.state == "invalid"
    assert remedy in verdict.remedy


def test_a_server_that_has_not_read_its_roles_is_waited_for() -> None:
    message = 'boats "one" is forbidden: User "x" cannot patch: RBAC: clusterrole.rbac "edit" not found'
    assert classify(ApiError(message, status=403), BOAT, Expected()).state == "not yet"


HOOK = 'Internal error occurred: failed calling webhook "check.example.com": failed to call webhook: Post "https://x": '


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (HOOK + 'no endpoints available for service "check"', "webhook check.example.com: no endpoints"),
        (HOOK + 'service "check" not found', "webhook check.example.com: its Service does not exist"),
        (HOOK + "dial tcp 192.0.2.1:443: connect: connection refused", "webhook check.example.com: connection refused"),
        (
            HOOK + "x509: certificate signed by unknown authority",
            "webhook check.example.com: its certificate is not trusted",
        ),
        (HOOK + "context deadline exceeded", "webhook check.example.com: no answer in time"),
        (HOOK + "EOF", "webhook check.example.com: EOF"),
        ("conversion webhook for example.com/v2, Kind=Boat failed: EOF", "webhook example.com/v2: EOF"),
    ],
)
def test_who_is_waited_for(message: str, sentence: str) -> None:
    assert awaited(message) == sentence
    assert classify(ApiError(message, status=500), BOAT, Expected()).awaited == sentence


def test_a_webhook_that_refuses_with_an_unusual_code_is_not_waited_for() -> None:
    error = ApiError('admission webhook "check.example.com" denied the request: no', status=500)
    assert classify(error, BOAT, Expected()).state == "invalid"


def test_an_api_service_that_holds_a_namespace_is_named() -> None:
    message = "Discovery failed for some groups, 1 failing: metrics.example.com/v1: stale GroupVersion discovery"
    condition = {"type": "NamespaceDeletionDiscoveryFailure", "status": "True", "message": message}
    found = {"kind": "Namespace", "metadata": {"name": "a"}, "status": {"conditions": [condition]}}
    assert holder(found) == f"an APIService does not answer: {message}"
