"""A Pod of one container that is started once: no token, no way to more rights, a life of bounded length. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from slipway.kube.objects import Obj


def lone_pod(
    namespace: str,
    name: str,
    labels: dict[str, str],
    *,
    image: str,
    command: list[str],
    security: Obj,
    resources: Obj,
    volumes: list[Obj],
    mounts: list[Obj],
    seconds: int,
    grace: int,
    capabilities: Sequence[str] = (),
) -> Obj:
    """``name``: of the container; the Pod's begins with ``slipway-`` and it. ``security`` is the Pod's own.

    ``seconds`` bounds its life, ``grace`` its end; of all ``capabilities`` it has these alone.
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
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}, **security},
            "containers": [
                {
                    "name": name,
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": command,
                    "resources": resources,
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"], **({"add": list(capabilities)} if capabilities else {})},
                    },
                    "volumeMounts": mounts,
                }
            ],
            "volumes": volumes,
        },
    }
