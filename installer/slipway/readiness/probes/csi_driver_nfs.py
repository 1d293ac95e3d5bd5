"""The NFS CSI driver works when a claim of its class gets a directory that a user can write to."""

from __future__ import annotations

from slipway.readiness.context import ProbeContext
from slipway.readiness.probes.classclaim import write


def probe_claim(ctx: ProbeContext) -> str:
    """A claim of the class ``nfs-csi``, and a Pod that writes."""
    return write(ctx, "kube-system", "csi-driver-nfs", "nfs-csi")
