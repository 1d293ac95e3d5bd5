"""Seldon works when a model of a few lines, deployed and routed, answers on both paths of the gateway."""

from __future__ import annotations

import json
import secrets
import time
from functools import partial

from slipway.clients.direct import ask
from slipway.diagnosis.details import details
from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError, Client, Obj, Ref, ref_of
from slipway.kube.gateway_address import trust
from slipway.naming import own_image
from slipway.readiness.context import ProbeContext
from slipway.waiting.objects import Failing, Seen, until

IMAGE = own_image("serving")
#: Upstream's operator has images that serve models, and runs a class in /microservice just so.
CONFIG = ("seldon-config", "seldon-system")
API = "machinelearning.seldon.io/v1"
LABEL = "slipway.dev/probe"
#: From the object to the answers, on a busy machine.
SECONDS = 120
#: The same where the image is upstream's: about 1 GB, which the node may have to pull.
PULLING = 600
FACTOR = 3
MODEL = f'''"""Multiplies: enough to see that an answer comes from here."""


class Probe:
    def predict(self, X, names=None, meta=None):
        return X * {FACTOR}
'''


def model_image(config: Obj | None) -> str:
    """The image that serves a Python class: ours, or the scikit-learn server of upstream's seldon-config."""
    if config is None:
        return IMAGE
    server = json.loads(config["data"]["predictor_servers"])["SKLEARN_SERVER"]["protocols"]["seldon"]
    return ":".join(part for part in (server["image"], server.get("defaultImageVersion")) if part)


def objects(namespace: str, name: str, image: str = IMAGE) -> tuple[Obj, Obj]:
    """The code as a ConfigMap, and the SeldonDeployment whose container mounts it as its /microservice."""
    meta = {"name": name, "namespace": namespace, "labels": {LABEL: "seldon"}}
    container = {
        "name": "model",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": "MODEL_NAME", "value": "Probe"}, {"name": "GRPC_WORKERS", "value": "0"}],
        "volumeMounts": [{"name": "code", "mountPath": "/microservice"}],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}},
    }
    # Nobody sends it requests any more when it goes: it need not linger.
    pod = {
        "terminationGracePeriodSeconds": 1,
        "containers": [container],
        "volumes": [{"name": "code", "configMap": {"name": name}}],
    }
    predictor = {
        "name": "default",
        "graph": {"name": "model", "type": "MODEL"},
        "componentSpecs": [{"spec": pod}],
    }
    return (
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"Probe.py": MODEL}},
        {"apiVersion": API, "kind": "SeldonDeployment", "metadata": meta, "spec": {"predictors": [predictor]}},
    )


def probe_prediction(ctx: ProbeContext) -> str:
    """Deploy, ask twice, delete. Raises SlipwayError with the model's status or the gateway's answer."""
    started = time.monotonic()
    namespace = ctx.settings.get("project_namespace") or ctx.project
    name = f"probe-{secrets.token_hex(4)}"
    image = model_image(ctx.kube.get("v1", "ConfigMap", *CONFIG))
    seconds = SECONDS if image == IMAGE else PULLING
    paths = [f"/seldon/{namespace}/{name}/api/v1.0/predictions"]
    if image == IMAGE:
        # Upstream's operator makes no short paths where it watches all namespaces.
        paths.append(f"/seldon/{name}/api/v0.1/predictions")
    created: list[Ref] = []
    try:
        for obj in objects(namespace, name, image):
            created.append(ref_of(_create(ctx.kube, obj)))
        _available(ctx, created[1], seconds)
        for path in paths:
            _ask(ctx, path, started + seconds)
    finally:
        for ref in reversed(created):
            ctx.kube.delete(ref)
    return f"a model answered on {len(paths)} path(s), {time.monotonic() - started:.1f} s after it was created"


def _create(kube: Client, obj: Obj) -> Obj:
    """Create an object. Raises NotYet while upstream's webhook does not answer, ApiError for what is wrong."""
    try:
        return kube.create(obj)
    except ApiError as error:
        if error.status >= 500 and "failed calling webhook" in error.what:
            raise NotYet("the webhook for SeldonDeployments does not answer", details=(error.what,)) from error
        raise


def _available(ctx: ProbeContext, ref: Ref, seconds: float) -> None:
    """Wait until the model is Available. Raises SlipwayError with its status and Pods' last lines."""
    remedy = "look at the operator: kubectl -n seldon-system logs deploy/seldon-controller-manager"
    pods = f"seldon-deployment-id={ref.name}"
    failing = Failing(f"was not Available within {seconds:.0f} s", remedy, lambda: details(ctx.kube, ref, pods))
    until(ctx.kube, ref, _judge, seconds, partial(ctx.reporter.waiting, "seldon prediction"), failing)


def _judge(obj: Obj) -> Seen:
    status = obj.get("status") or {}
    state, why = status.get("state"), status.get("description") or ""
    text = f"the model is {state or 'not seen by its operator'}" + (f": {why}" if why else "")
    return Seen(text, done=state == "Available", failed=(why or "failed") if state == "Failed" else "")


def _ask(ctx: ProbeContext, path: str, end: float) -> None:
    """Send [[1, 2]] until the gateway has the route. Raises SlipwayError with the last answer."""
    body = json.dumps({"data": {"names": [], "tensor": {"shape": [1, 2], "values": [1, 2]}}}).encode()
    reason, tls = "no answer", trust(ctx.kube, ctx.gateway)
    while time.monotonic() < end:
        try:
            answer = ask("POST", ctx.gateway + path, body, {"Content-Type": "application/json"}, timeout=5.0, tls=tls)
            reason = f"{answer.status} {answer.text[:200]}"
            if answer.status == 200 and _values(answer.body) == [1 * FACTOR, 2 * FACTOR]:
                return
            if answer.status == 200:
                break
        except NotYet as error:
            reason = error.what
        ctx.reporter.waiting("seldon prediction", f"the gateway answers {reason} to {path}")
        time.sleep(0.5)
    raise SlipwayError(
        f"the answer is not the prediction: {reason}",
        ctx.gateway + path,
        "look at the Mappings: kubectl get mappings -A",
    )


def _values(data: bytes) -> object:
    try:
        return json.loads(data)["data"]["tensor"]["values"]
    except (ValueError, KeyError, TypeError):
        return None
