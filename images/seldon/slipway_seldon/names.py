"""The names that upstream's operator gives (seldondeployment_types.go): longer than 63 characters become a hash."""

from __future__ import annotations

import hashlib
import re

#: The longest label value, and the longest Service name.
LIMIT = 63
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def shorten(name: str, limit: int = LIMIT) -> str:
    """``name``, or seldon-<md5> when it is too long."""
    if len(name) <= limit:
        return name
    return "seldon-" + hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


def is_dns_label(name: str) -> bool:
    """RFC 1123: lower case letters, digits and dashes, at most 63."""
    return len(name) <= LIMIT and bool(_LABEL.fullmatch(name))


def is_service_name(name: str) -> bool:
    """RFC 1035, what a Service's name must be: as a DNS label, and a letter first."""
    return len(name) <= LIMIT and bool(_SERVICE.fullmatch(name))


def deployment_id(sdep: str) -> str:
    """The value of the label seldon-deployment-id."""
    return shorten(sdep)


def deployment(sdep: str, predictor: str, index: int, pod_name: str, containers: list[str]) -> str:
    """The Deployment of a predictor's componentSpec: its metadata.name or its containers' names come last."""
    return shorten(f"{sdep}-{predictor}-{index}-{pod_name or '-'.join(containers)}")


def predictor_service(sdep: str, predictor: str) -> str:
    """The Service that the gateway sends a predictor's requests to."""
    return shorten(f"{sdep}-{predictor}")


def container_service(sdep: str, predictor: str, container: str) -> str:
    """The Service of a graph unit's container."""
    return shorten(f"{sdep}-{predictor}-{container}")


def orchestrator(sdep: str, predictor: str) -> str:
    """The Deployment of a service orchestrator in Pods of its own."""
    return shorten(f"{sdep}-{predictor}-svc-orch")


def mapping(namespace: str, sdep: str, predictor: str, kind: str = "rest") -> str:
    """The Mapping of a predictor for /seldon/<namespace>/<sdep>/, or of ``kind`` grpc for the same by headers."""
    return shorten(f"seldon-{namespace}-{sdep}-{predictor}-{kind}", 253)


def short_mapping(namespace: str, sdep: str, predictor: str, kind: str = "rest") -> str:
    """The Mapping of a predictor for /seldon/<sdep>/. (Upstream's name for it has underscores: invalid.)"""
    return shorten(f"seldon-{namespace}-{sdep}-{predictor}-{kind}-single", 253)
