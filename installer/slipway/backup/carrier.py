"""Pods through which the data of a volume come and go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from slipway.doctor.cluster import pods
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.kube.restricted import lone_pod
from slipway.progress import Reporter
from slipway.readiness.probes.volumepod import IMAGE
from slipway.release.state.inventory import Record

LABEL = "slipway.dev/carrier"
#: The component that has the setting of the image, and whose ``after`` names those that make the volumes.
STORAGE = "storage"
#: Seconds: until a Pod has to run, and for which it lives at most.
START, LIFE = 180, 6 * 3600
_SCRIPT = f"trap 'exit 0' TERM; sleep {LIFE} & wait"
RUNNING = "Running"


def of_claim(namespace: str, claim: str, image: str, *, writes: bool) -> Obj:
    """A Pod with a claim at /volume.

    It is root, with what root needs to read, and make anew, files of all users: claims hold those of many, and each
    user's are for himself. It has no token, no network that it uses, and no way to more rights.
    """
    capabilities = ["DAC_OVERRIDE", "CHOWN", "FOWNER", "FSETID"] if writes else ["DAC_OVERRIDE"]
    security = {"runAsUser": 0, "runAsGroup": 0}
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
    security = {**(spec.get("securityContext") or {}), **user}
    carrier = _pod(deployment["metadata"]["namespace"], seen["image"], security, [], volumes, mounts)
    for key in ("imagePullSecrets", "nodeSelector", "tolerations", "affinity"):
        if spec.get(key):
            carrier["spec"][key] = spec[key]
    return carrier


def image_of(records: Mapping[str, Record]) -> str:
    """What Pods that read and write claims are made of: what the platform's own helpers are."""
    storage = records.get(STORAGE)
    return (storage.settings.get("helper_image") if storage else None) or IMAGE


def _pod(
    namespace: str, image: str, security: Obj, capabilities: list[str], volumes: list[Obj], mounts: list[Obj]
) -> Obj:
    return lone_pod(
        namespace,
        "carrier",
        {LABEL: "backup"},
        image=image,
        command=["/bin/sh", "-c", _SCRIPT],
        security=security,
        resources={"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "256Mi"}},
        volumes=volumes,
        mounts=mounts,
        seconds=LIFE,
        grace=1,
        capabilities=capabilities,
    )


@contextmanager
def running(client: Client, body: Obj, reporter: Reporter) -> Iterator[Ref]:
    """The Pod, as soon as it runs and as long as the ``with``. Raises SlipwayError with the cause when it does not."""
    with pods.started(client, body) as ref:
        reporter.waiting(str(ref), "waiting for it to run")
        obj = pods.wait(client, ref, START, (RUNNING,))
        if (obj.get("status") or {}).get("phase") != RUNNING:
            held = pods.outcome(client, ref, obj)
            remedy = held.remedy or f"kubectl -n {ref.namespace} describe pod {ref.name}"
            raise SlipwayError(f"does not run: {held.why}", str(ref), remedy)
        yield ref
