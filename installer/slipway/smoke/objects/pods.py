"""What all Pods of a smoke run have in common: no privileges, the claims, small requests."""

from __future__ import annotations

from slipway.kube import Obj
from slipway.kube.restricted import NOBODY, container_security, pod_security

#: Who writes to the claims: the same user in every step, so that the next one can read and remove.
USER = NOBODY
#: The group that may write to the project's volumes (notebooks have one of their own).
SHARED_GROUP = 100

POD_SECURITY = pod_security(USER, USER, [SHARED_GROUP])
CONTAINER_SECURITY = container_security()
#: Claims and where they are mounted.
CLAIMS = {"data": "/data", "outputs": "/outputs"}


def container(name: str, image: str, command: list[str], *, memory: str, cpu: str = "50m", limit: str = "1") -> Obj:
    """A container without privileges; ``memory`` is its limit."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "resources": {"requests": {"cpu": cpu, "memory": "64Mi"}, "limits": {"cpu": limit, "memory": memory}},
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": [
            *({"name": claim, "mountPath": path} for claim, path in CLAIMS.items()),
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 (the Pod's own)
        ],
    }


def volumes(*more: Obj) -> list[Obj]:
    """The claims, a place for temporary files, and more."""
    claims = [{"name": claim, "persistentVolumeClaim": {"claimName": claim}} for claim in CLAIMS]
    return [*claims, {"name": "tmp", "emptyDir": {}}, *more]


def template(labels: dict[str, str], main: Obj, *more_volumes: Obj) -> Obj:
    """A Pod template of one container that is started once."""
    return {
        "metadata": {"labels": labels},
        "spec": {
            "restartPolicy": "Never",
            # Nothing here talks to the API server.
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": POD_SECURITY,
            "containers": [main],
            "volumes": volumes(*more_volumes),
        },
    }
