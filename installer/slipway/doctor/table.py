"""Every check of the cluster, in the order in which they are reported; those of the machine are in preflight.TABLE."""

from __future__ import annotations

from slipway.doctor.cluster import (
    certificates,
    claims,
    classes,
    clock,
    cni,
    disks,
    dns,
    firstpod,
    kinds,
    nfs,
    permissions,
    pulls,
    records,
    resources,
    traffic,
    version,
    webhooks,
)
from slipway.doctor.cluster.context import ClusterCheck
from slipway.doctor.model import Check

#: Whether the server answers at all: nothing else is asked when it does not.
SERVER = "api-server"

CLUSTER: tuple[ClusterCheck, ...] = (
    Check("version", "Kubernetes 1.30 or later, and kubelets that fit to it", version.run),
    Check("kinds", "every kind of the plan is served, or the plan brings its CRD", kinds.run, plan=True),
    Check(
        "permissions", "SelfSubjectAccessReview of each verb on each resource of the plan", permissions.run, plan=True
    ),
    Check("cni", "the pods' network is set up on every node", cni.run),
    Check("disks", "pressure and free space of every node", disks.run),
    Check("resources", "the plan's requests against what the nodes have free", resources.run, plan=True),
    Check("records", "what Slipway keeps of components, release and revisions can be read", records.run),
    Check("clock", "the API server's Date, and the nodes' Leases", clock.run),
    Check("certificates", "API server, kubeconfig, webhooks, the embedded cluster's PKI", certificates.run, plan=True),
    Check("default-class", "one default StorageClass, and those that the plan names", classes.run, plan=True),
    Check("webhooks", "endpoints, caBundle, and a dry run through each webhook", webhooks.run, plan=True),
    Check(
        "pods",
        "a pod without privileges runs; without it other checks with pods are skipped",
        firstpod.run,
        plan=True,
        pods=True,
        first=True,
    ),
    Check("dns", "a pod resolves the API server's Service", dns.run, plan=True, pods=True),
    Check("traffic", "pod to pod and to a Service, between all nodes", traffic.run, plan=True, pods=True),
    Check("claims", "an ordinary user's write through a real claim of each kind", claims.run, plan=True, pods=True),
    Check("pulls", "one image of each registry that the plan uses", pulls.run, plan=True, pods=True, unstarted=True),
    Check(
        "nfs",
        "NFS servers answer and export what volumes name",
        nfs.run,
        plan=True,
        pods=True,
        unstarted=True,
        podless=True,
    ),
)
