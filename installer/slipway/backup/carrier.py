"""Pods through which the data of a volume come and go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.progress import Reporter
from slipway.readiness.probes.volumepod import events, state

LABEL = "slipway.dev/carrier"
#: Seconds: until a Pod has to run, and for which it lives at most.
START, LIFE = 180, 6 * 3600
_SCRIPT = f"trap 'exit 0' TERM; sleep {LIFE} & wait"
#: Reasons from which a container does not recover by itself soon.
_HOPELESS = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "ErrImageNeverPull")


def of_claim(namespace: str, claim: str, image: str, *, writes: bool) -> Obj:
    """A Pod with a claim at /volume.

    It is root, with what root needs to read, and make anew, files of all users: claims hold those of many, and each
    user's are for himself. It has no token, no network that it uses, and no way to more rights.
    """
    capabilities = ["DAC_OVERRIDE", "CHOWN", "FOWNER", "FSETID"] if writes else ["DAC_OVERRIDE"]
    security = {"runAsUser": 0, "runAsGroup": 0, "seccompProfile": {"type": "RuntimeDefault"}}
    volume = {"name": "volume", "persistentVolumeClaim": {"claimName": claim, "readOnly": not writes}}
    return _pod(namespace, image, security, capabilities, [volume], [{"name": "volume", "mountPath": "/volume"}])


def of_deployment(deployment: Obj, container: str) -> Obj:
    """A Pod that has a container's image, user and claims, and does nothing: for when the Deployment itself is away."""
    spec = deployment["spec"]["template"]["spec"]
    seen = next(item for item in spec["containers"] if item["name"] == container)
    volumes = [item for item in spec.get("volumes") or [] if "persistentVolumeClaim" in item]
    names = {item["name"] for item in volumes}
    mounts = [item for item in seen.get("volumeMounts") or [] if item["name"] in names]
    own = seen.get("securityContext") or {}
    user = {key: own[key] for key in ("runAsUser", "runAsGroup", "runAsNonRoot") if key in own}
    security = {"seccompProfile": {"type": "RuntimeDefault"}, **(spec.get("securityContext") or {}), **user}
    made = _pod(deployment["metadata"]["namespace"], seen["image"], security, [], volumes, mounts)
    for key in ("imagePullSecrets", "nodeSelector", "tolerations", "affinity"):
        if spec.get(key):
            made["spec"][key] = spec[key]
    return made


def _pod(
    namespace: str, image: str, security: Obj, capabilities: list[str], volumes: list[Obj], mounts: list[Obj]
) -> Obj:
    container: dict[str, Any] = {
        "name": "carrier",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/bin/sh", "-c", _SCRIPT],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"], **({"add": capabilities} if capabilities else {})},
        },
        "volumeMounts": mounts,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "slipway-carrier-", "namespace": namespace, "labels": {LABEL: "backup"}},
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": LIFE,
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": security,
            "containers": [container],
            "volumes": volumes,
        },
    }


@contextmanager
def running(client: Client, body: Obj, reporter: Reporter) -> Iterator[Ref]:
    """The Pod, as soon as it runs and as long as the ``with``. Raises SlipwayError with the cause when it does not."""
    ref = ref_of(client.create(body))
    try:
        _start(client, ref, reporter)
        yield ref
    finally:
        client.delete(ref)


def _start(client: Client, ref: Ref, reporter: Reporter) -> None:
    end, seen, told = time.monotonic() + START, Obj(), "not scheduled"
    while (rest := end - time.monotonic()) > 0:
        for event, seen in client.watch(
            "v1", "Pod", ref.namespace, fields=f"metadata.name={ref.name}", timeout=max(1, round(min(rest, 10)))
        ):
            phase, told = (seen.get("status") or {}).get("phase"), state(seen)
            if phase == "Running":
                return
            if event == "DELETED" or phase in ("Failed", "Succeeded") or told.startswith(_HOPELESS):
                raise SlipwayError(f"cannot start: {told}", str(ref), details=tuple(events(client, ref)))
            reporter.waiting(str(ref), told)
    raise SlipwayError(
        f"does not run after {START} s: {told}",
        str(ref),
        f"kubectl -n {ref.namespace} describe pod {ref.name}",
        tuple(events(client, ref)),
    )
