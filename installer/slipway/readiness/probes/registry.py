"""The registry works when it wants a password, takes an image, and a node pulls and runs that image."""

from __future__ import annotations

import base64
import secrets
import time
from functools import partial

from slipway.clients.registry import RegistryClient
from slipway.diagnosis.causes import state
from slipway.errors import NotYet, SlipwayError
from slipway.kube import Obj, ref_of
from slipway.kube.restricted import lone_pod
from slipway.readiness.context import ProbeContext
from slipway.readiness.probes.tinyimage import MANIFEST_TYPE, Image, image
from slipway.waiting.objects import Failing, Seen, until

#: By this name pods and, through a mapping of containerd's, nodes know the registry.
HOST = "registry.registry.svc.cluster.local:5000"
REPOSITORY = "slipway-probe"
SECONDS = 60
LATE = Failing(
    f"not pulled and run within {SECONDS} s",
    f"does containerd on the node know {HOST}? slipway doctor; kubectl -n registry logs deploy/registry",
)


def probe_access(ctx: ProbeContext) -> str:
    """401 without credentials and with a wrong password, 200 with the installation's own."""
    known = client(ctx)
    stranger, wrong = RegistryClient(known.base), RegistryClient(known.base, known.username, "x" + known.password)
    for who, asker, wanted in (("nobody", stranger, 401), ("a wrong password", wrong, 401), ("slipway", known, 200)):
        status = asker.call("GET", "/v2/").status
        if status != wanted:
            raise SlipwayError(
                f"HTTP {status} for {who}, not {wanted}",
                "registry GET /v2/",
                "compare the Secrets registry-auth and registry-htpasswd in the namespace registry",
            )
    return "refuses strangers and wrong passwords, knows its own"


def probe_pull(ctx: ProbeContext) -> str:
    """Push an image of a few hundred bytes, let a node pull and run it with ``regcred``, remove it again."""
    registry, picture = client(ctx), image(_architecture(ctx))
    tag = secrets.token_hex(6)
    try:
        for digest, data in picture.blobs.items():
            registry.push_blob(REPOSITORY, digest, data)
        registry.push_manifest(REPOSITORY, tag, picture.manifest, MANIFEST_TYPE)
        seconds = _run(ctx, pod(ctx.project, f"{HOST}/{REPOSITORY}:{tag}"), picture)
    finally:
        registry.delete(REPOSITORY, "manifests", picture.digest)
    return f"a node pulled and ran what was pushed in {seconds:.1f} s"


def client(ctx: ProbeContext) -> RegistryClient:
    """The registry by its node port, with the credentials of this installation. Raises NotYet when they are missing."""
    secret = ctx.kube.get("v1", "Secret", "registry-auth", "registry")
    if secret is None:
        raise NotYet("the Secret registry-auth does not exist", "namespace registry")
    username, password = (base64.b64decode(secret["data"][key]).decode() for key in ("username", "password"))
    return RegistryClient(f"http://{ctx.node_ip}:{ctx.settings['node_port']}", username, password)


def pod(namespace: str, reference: str, pull_secret: str = "regcred") -> Obj:  # noqa: S107 - a name, no password
    """A Pod that runs ``reference`` and always asks the registry for it."""
    manifest = lone_pod(
        namespace,
        "probe",
        {"slipway.dev/probe": "registry"},
        image=reference,
        command=[],
        resources={"requests": {"cpu": "1m", "memory": "4Mi"}, "limits": {"memory": "16Mi"}},
        seconds=SECONDS,
        grace=0,
        pull="Always",
    )
    manifest["spec"]["imagePullSecrets"] = [{"name": pull_secret}]
    return manifest


def _run(ctx: ProbeContext, manifest: Obj, picture: Image) -> float:
    """Seconds until the Pod succeeded with the pushed image. Raises SlipwayError with the node's reason."""
    started = time.monotonic()
    ref = ref_of(ctx.kube.create(manifest))
    try:
        obj = until(ctx.kube, ref, _ended, SECONDS, partial(ctx.reporter.waiting, "registry pull"), LATE)
        if obj["status"].get("phase") != "Succeeded":
            raise SlipwayError(f"the pulled image did not run: {state(obj)}", str(ref))
        ran = obj["status"]["containerStatuses"][0].get("imageID", "")
        if not ran.endswith(picture.digest):
            raise SlipwayError(f"ran {ran}, not the image that was pushed, {picture.digest}", str(ref))
    finally:
        ctx.kube.delete(ref)
    return time.monotonic() - started


def _ended(obj: Obj) -> Seen:
    return Seen(state(obj), done=(obj.get("status") or {}).get("phase") in ("Succeeded", "Failed"))


def _architecture(ctx: ProbeContext) -> str:
    return str(ctx.kube.objects("v1", "Node")[0]["status"]["nodeInfo"]["architecture"])
