"""What to do about pods that do not start: one table for each place where Kubernetes gives a reason.

Sources: the reasons and messages of the kubelet (containers, images, events), of the scheduler and of the controllers.
"""

from __future__ import annotations

import re

BUILD = "make the image: slipway images build (slipway images list --built shows which are there)"

#: (what the message says, remedy) for an image that cannot be had; the first that matches.
_IMAGES = (
    (r"slipway\.local/", BUILD),
    (
        r"no such host|timeout|timed out|connection refused|no route to host|network is unreachable",
        "the node does not reach the registry: slipway images mirror copies the images to one that it reaches",
    ),
    (
        r"unauthorized|denied|forbidden|authentication required|401|403",
        "the registry wants a login: give the namespace an imagePullSecret, or slipway images mirror",
    ),
    (r"x509|tls:|certificate", "the node does not trust the registry's certificate: install its CA on the nodes"),
    (r"not found|manifest unknown", "the registry does not have it: correct the reference (slipway images list)"),
    (r"toomanyrequests|rate limit", "the registry allows no more pulls now: slipway images mirror, or wait"),
    (r"no space left", "the node's disk is full: free some, or raise it"),
)
_PULLS = ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError")

_OTHER_PROCESSOR = "the image is made for another processor: take one of the node's architecture"
_EVICTED = "the node ran short of what the message names: free some, set requests, or add a machine"
_STARTS = "CreateContainerError|RunContainerError|StartError|ContainerCannotRun"

#: (reason, what the message says, remedy) for a waiting or ended container; the first that matches.
_CONTAINERS = (
    ("ErrImageNeverPull", "", "the node has no such image and may not fetch one: slipway images build"),
    ("InvalidImageName", "", "correct the image's name"),
    (
        "CreateContainerConfigError",
        r"runAsNonRoot|run as root",
        "the image runs as root, and the pod forbids it: set securityContext.runAsUser",
    ),
    ("CreateContainerConfigError", "", "a Secret or ConfigMap that the pod names is missing or lacks a key"),
    (_STARTS, r"exec format error", _OTHER_PROCESSOR),
    (_STARTS, r"executable file not found|no such file", "the image has no such command: correct command and args"),
    (_STARTS, r"permission denied", "the pod's user may not run this command: its mode, or securityContext.runAsUser"),
    ("CreateContainerError", "", "the container runtime refuses the container: slipway cluster status shows its log"),
    ("RunContainerError|StartError|ContainerCannotRun", "", "the command does not start: see the message"),
    ("PostStartHookError", "", "the postStart command fails: see the message"),
    ("CrashLoopBackOff", "", "the process ends at once: its last log lines say why"),
    ("OOMKilled", "", "raise its memory limit"),
    ("Evicted", "", _EVICTED),
)

#: (what the last lines of a process that ended say, remedy); the first that matches.
_LOGS = (
    (r"exec format error", _OTHER_PROCESSOR),
    (r"No space left on device|disk quota exceeded", "a volume or the node's disk is full: slipway doctor"),
    (r"Read-only file system", "it writes where nothing may be written: mount an emptyDir there"),
    (
        r"[Pp]ermission denied|EACCES|Operation not permitted",
        "the pod's user may not do this: see the owner of the volume, fsGroup and securityContext",
    ),
    (
        r"no such host|Temporary failure in name resolution|Name or service not known|server misbehaving",
        "a name is not resolved: slipway doctor --only dns",
    ),
    (r"is forbidden: User", "its ServiceAccount lacks a role: see the Role and RoleBinding of the component"),
    (r"[Cc]onnection refused|i/o timeout|No route to host", "what it connects to does not answer: slipway doctor"),
)

NOT_READY = "no node is Ready: slipway doctor, slipway cluster status"
_SCHEDULING = (
    (r"Insufficient cpu", "too few CPUs are free: set smaller requests, or add a machine"),
    (r"Insufficient memory", "too little memory is free: set smaller requests, or add a machine"),
    (r"Insufficient (\S+)", "no node has enough of it: is its device plugin running? add a machine that has it"),
    (r"Too many pods", "the nodes hold no more pods: add a machine"),
    (
        r"unbound immediate PersistentVolumeClaims|persistentvolumeclaim .* not found",
        "a claim is not bound: slipway status storage, kubectl get pvc -A",
    ),
    (r"volume node affinity conflict", "its volume is on another node, which cannot take it: make room there"),
    (r"node\.kubernetes\.io/(not-ready|unreachable)", NOT_READY),
    (r"disk-pressure", "the node's disk is almost full: free some"),
    (r"unschedulable", "the nodes are cordoned: kubectl uncordon NODE"),
    (r"untolerated taint", "no node tolerates it: is the node Ready? slipway cluster status"),
    (r"no nodes available", "the cluster has no node: slipway cluster status"),
    (r"didn't have free ports", "another pod has the node's port: see hostPort"),
    (r"didn't match|didn't satisfy", "no node has the labels that the pod asks for: see its nodeSelector and affinity"),
)

_NO_CNI = "the node has no CNI configuration (/etc/cni/net.d): does the network plugin's pod run there? slipway doctor"
_SECURITY = (
    "set in the pod what the message names, or give the namespace another level "
    "(label pod-security.kubernetes.io/enforce)"
)
_QUOTA = "raise the ResourceQuota of the namespace, or remove what uses it"
_LIMITS = "set requests and limits as the LimitRange or ResourceQuota of the namespace asks"
_MOUNT = "the volume cannot be mounted: is the NFS server running? slipway cluster status"

#: (reason, what the message says, remedy) for events; the first that matches.
_EVENTS = (
    ("FailedMount", r"(secret|configmap) \S+ not found", "the Secret or ConfigMap that the pod mounts is missing"),
    (
        "FailedMount",
        r"bad option|need a /sbin/mount|unknown filesystem type 'nfs'|No such device",
        "the node has no NFS client: install nfs-common (nfs-utils) on it",
    ),
    ("FailedMount", r"access denied by server", "the NFS server does not export this path to the node: /etc/exports"),
    (
        "FailedMount",
        r"[Cc]onnection (refused|timed out)|No route to host",
        "the node does not reach the NFS server: is it running, and is port 2049 open?",
    ),
    ("FailedMount", r"No such file or directory", "the NFS server has no such directory: make it, or correct the path"),
    ("FailedAttachVolume", r"Multi-Attach", "another node still has the volume: end the pod there"),
    ("FailedMount|FailedAttachVolume|FailedMapVolume", "", _MOUNT),
    (
        "FailedCreatePodSandBox|NetworkNotReady",
        r"cni plugin not initialized|no networks? (found|config)|cni config|failed to find plugin|loadFlannel"
        r"|network (plugin )?is not ready",
        _NO_CNI,
    ),
    (
        "FailedCreatePodSandBox",
        r"no IP addresses|range set full",
        "the node has no free pod address: fewer pods, or a larger pod network",
    ),
    ("FailedCreatePodSandBox|NetworkNotReady", "", "the pod's network or sandbox cannot be made: slipway doctor"),
    ("FailedCreate", r"exceeded quota", _QUOTA),
    ("FailedCreate", r"violates PodSecurity", _SECURITY),
    ("FailedCreate", r"must specify|(minimum|maximum) .* per (Container|Pod)", _LIMITS),
    ("FailedCreate", r"service ?account .*not found", "the ServiceAccount that the pod names is missing"),
    ("FailedCreate", r"failed calling webhook", "a webhook does not answer: are the pods behind its Service running?"),
    ("FailedCreate", r"denied the request", "change in the pod's template what the webhook names"),
    ("FailedCreate", r"no PriorityClass", "create the PriorityClass"),
    ("FailedCreate", r" is invalid: ", "correct the field of the pod's template that the message names"),
    ("FailedCreate", "", "the controller may not create the pod: see the message"),
    (
        "FailedBinding",
        "",
        "no free volume fits the claim, and no StorageClass (its own, or a default one) makes one: slipway doctor",
    ),
    ("ProvisioningFailed", r"not found", "there is no such StorageClass: kubectl get storageclass"),
    ("ProvisioningFailed", "", "the volume cannot be made: see the message"),
    ("ExternalProvisioning", "", "does the pod of the provisioner run? slipway doctor --only claims"),
    ("Evicted", "", _EVICTED),
    ("Unhealthy", "", "its health check is not answered: its last log lines say why"),
)

#: (reason, what the message says) of events about a workload: its pods are refused however long one waits.
_FOR_GOOD = (
    ("FailedCreate", r"violates PodSecurity"),
    ("FailedCreate", r"denied the request"),
    ("FailedCreate", r" is invalid: "),
    ("FailedCreate", r"failed quota: .* must specify|(minimum|maximum) .* per (Container|Pod)"),
)


def of_container(reason: str, message: str, image: str = "") -> str:
    """For a container that waits or has ended; "" when the reason is not known."""
    if reason in _PULLS:
        text = f"{image} {message}"
        return next((remedy for pattern, remedy in _IMAGES if re.search(pattern, text, re.IGNORECASE)), BUILD)
    return _first(_CONTAINERS, reason, message)


def of_log(text: str) -> str:
    """For the last lines of a process that ended; "" when nothing in them is known."""
    return next((remedy for pattern, remedy in _LOGS if re.search(pattern, text)), "")


def of_scheduling(message: str) -> str:
    """For a pod that no node takes."""
    return next((remedy for pattern, remedy in _SCHEDULING if re.search(pattern, message)), "")


def of_event(reason: str, message: str) -> str:
    """For a warning."""
    if reason == "FailedScheduling":
        return of_scheduling(message)
    return _first(_EVENTS, reason, message)


def of_node(message: str) -> str:
    """For a node that is not Ready, from the message of its condition."""
    return _NO_CNI if re.search(r"cni|network plugin", message, re.IGNORECASE) else NOT_READY


def for_good(reason: str, message: str) -> bool:
    """Whether an event about a workload tells of a refusal that no waiting ends."""
    return any(re.fullmatch(name, reason) and re.search(says, message) for name, says in _FOR_GOOD)


def _first(table: tuple[tuple[str, str, str], ...], reason: str, message: str) -> str:
    return next((remedy for name, says, remedy in table if re.fullmatch(name, reason) and re.search(says, message)), "")


#: Refusals that the API server itself gives, when an object is applied.
REFUSED_SECURITY, REFUSED_QUOTA, REFUSED_LIMITS = _SECURITY, _QUOTA, _LIMITS
