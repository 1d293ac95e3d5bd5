"""What a cluster holds: to see that nothing of a platform is left."""

from __future__ import annotations

from slipway.errors import NotYet
from slipway.kube import Client

#: They come and go with the cluster's own work.
PASSING = {"Event", "Lease", "Endpoints", "EndpointSlice", "Pod", "PodMetrics", "NodeMetrics", "IPAddress"}


def objects(kube: Client) -> set[tuple[str, str, str]]:
    """Kind, namespace and name of every object, but for those that come and go by themselves."""
    found = set()
    for resource in kube.served():
        if resource.kind in PASSING or "list" not in resource.verbs:
            continue
        try:
            items = kube.objects(resource.api_version, resource.kind)
        except NotYet:
            # Its definition is on the way out.
            continue
        for item in items:
            # kubeadm's own token lives for a minute.
            if not item["metadata"]["name"].startswith("bootstrap-token-"):
                found.add((resource.kind, item["metadata"].get("namespace", ""), item["metadata"]["name"]))
    return found


def namespaces(kube: Client) -> set[str]:
    """Names of all namespaces, those on the way out too."""
    return {item["metadata"]["name"] for item in kube.objects("v1", "Namespace")}
