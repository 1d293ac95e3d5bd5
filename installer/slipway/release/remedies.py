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

#: Reason of a waiting or ended container → remedy.
_CONTAINERS = {
    "ErrImageNeverPull": "the node has no such image and may not fetch one: slipway images build",
    "InvalidImageName": "correct the image's name",
    "CreateContainerConfigError": "a Secret or ConfigMap that the pod names is missing or lacks a key",
    "CreateContainerError": "the container runtime refuses the container: slipway cluster status shows its log",
    "RunContainerError": "the command does not start: see the message",
    "StartError": "the command does not start: see the message",
    "ContainerCannotRun": "the command does not start: see the message",
    "PostStartHookError": "the postStart command fails: see the message",
    "CrashLoopBackOff": "the process ends at once: its last log lines say why",
    "OOMKilled": "raise its memory limit",
    "Evicted": "the node ran short of what the message names: free some, set requests, or add a machine",
}

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
    (r"node\.kubernetes\.io/not-ready|not-ready", "no node is Ready: slipway doctor, slipway cluster status"),
    (r"disk-pressure", "the node's disk is almost full: free some"),
    (r"untolerated taint", "no node tolerates it: is the node Ready? slipway cluster status"),
    (r"no nodes available", "the cluster has no node: slipway cluster status"),
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
    ("FailedCreate", "", "the controller may not create the pod: see the message"),
    ("FailedBinding", "", "the claim names no StorageClass, and none is the default: slipway doctor"),
    ("ProvisioningFailed", r"not found", "there is no such StorageClass: kubectl get storageclass"),
    ("ProvisioningFailed", "", "the volume cannot be made: see the message"),
    ("Evicted", "", _CONTAINERS["Evicted"]),
)


def of_container(reason: str, message: str, image: str = "") -> str:
    """For a container that waits or has ended; "" when the reason is not known."""
    if reason in _PULLS:
        text = f"{image} {message}"
        return next((remedy for pattern, remedy in _IMAGES if re.search(pattern, text, re.IGNORECASE)), BUILD)
    return _CONTAINERS.get(reason, "")


def of_scheduling(message: str) -> str:
    """For a pod that no node takes."""
    return next((remedy for pattern, remedy in _SCHEDULING if re.search(pattern, message)), "")


def of_event(reason: str, message: str) -> str:
    """For a warning."""
    if reason == "FailedScheduling":
        return of_scheduling(message)
    return next(
        (remedy for name, says, remedy in _EVENTS if re.fullmatch(name, reason) and re.search(says, message)), ""
    )


#: Refusals that the API server itself gives, when an object is applied.
REFUSED_SECURITY, REFUSED_QUOTA, REFUSED_LIMITS = _SECURITY, _QUOTA, _LIMITS
