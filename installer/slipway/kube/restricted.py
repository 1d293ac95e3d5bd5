"""Pods that the Pod Security level ``restricted`` lets in, and one that is started once. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from slipway.kube.objects import Obj

#: The user without a name of the images that are made for it.
NOBODY = 65532


def pod_security(user: int = NOBODY, group: int | None = None, groups: Sequence[int] = ()) -> Obj:
    """The securityContext of a Pod: an ordinary user, the runtime's filter of system calls."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        **({} if group is None else {"runAsGroup": group}),
        **({"supplementalGroups": [*groups]} if groups else {}),
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security(capabilities: Sequence[str] = (), *, read_only: bool = True) -> Obj:
    """The securityContext of a container: no way to more rights; of all ``capabilities`` it has these alone."""
    return {
        "allowPrivilegeEscalation": False,
        **({"readOnlyRootFilesystem": True} if read_only else {}),
        "capabilities": {"drop": ["ALL"], **({"add": list(capabilities)} if capabilities else {})},
    }


def lone_pod(
    namespace: str,
    name: str,
    labels: dict[str, str],
    *,
    image: str,
    command: list[str],
    resources: Obj,
    seconds: int,
    grace: int,
    security: Obj | None = None,
    volumes: Sequence[Obj] = (),
    mounts: Sequence[Obj] = (),
    capabilities: Sequence[str] = (),
    pull: str = "IfNotPresent",
) -> Obj:
    """A Pod of one container: no token, no way to more rights, a life of bounded length.

    ``name``: of the container; the Pod's begins with ``slipway-`` and it. ``security`` is the Pod's own (default:
    ``pod_security()``). ``seconds`` bounds its life, ``grace`` its end. Without a ``command`` the image's own runs.
    """
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": f"slipway-{name}-", "namespace": namespace, "labels": labels},
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": seconds,
            "terminationGracePeriodSeconds": grace,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}, **(security or pod_security())},
            "containers": [
                {
                    "name": name,
                    "image": image,
                    "imagePullPolicy": pull,
                    **({"command": command} if command else {}),
                    "resources": resources,
                    "securityContext": container_security(capabilities),
                    "volumeMounts": [*mounts],
                }
            ],
            "volumes": [*volumes],
        },
    }
