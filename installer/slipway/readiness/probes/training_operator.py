"""The training operator works when its webhook lets a good TFJob pass and refuses a bad one, with the right words."""

from __future__ import annotations

from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError, Obj
from slipway.naming import own_image
from slipway.readiness.context import ProbeContext

IMAGE = own_image("base")
#: Its own: the project namespace need not exist yet, and nothing is created anyway.
NAMESPACE = "kubeflow"
WEBHOOK = "validator.tfjob.training-operator.kubeflow.org"
#: What the webhook of training-operator 1.9 says of a replica without the container that it looks for.
REFUSAL = "must have at least one container with name tensorflow"
#: The API server's words for a webhook that is not there yet: it starts, or its CA is not yet in the configuration.
STARTING = ("connection refused", "x509", "no endpoints available", "context deadline exceeded", "no route to host",
            "connection reset", "EOF", "tls:", "i/o timeout", "could not find the requested resource")  # fmt: skip


def tfjob(namespace: str, container: str) -> Obj:
    """A TFJob of one worker whose only container is named ``container``; never run, only checked."""
    pod = {"containers": [{"name": container, "image": IMAGE, "command": ["true"]}]}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "TFJob",
        "metadata": {"name": "slipway-probe", "namespace": namespace},
        "spec": {"tfReplicaSpecs": {"Worker": {"replicas": 1, "restartPolicy": "Never", "template": {"spec": pod}}}},
    }


def probe_webhook(ctx: ProbeContext) -> str:
    """Two dry-run creates. Raises NotYet while the webhook starts, SlipwayError for a wrong answer."""
    refusal = _answer(ctx, "tensorflow")
    if refusal is not None:
        raise SlipwayError(f"a good TFJob was refused: {refusal.what}", WEBHOOK)
    refusal = _answer(ctx, "other")
    if refusal is None:
        raise SlipwayError(
            "a TFJob without a container named tensorflow was let in",
            WEBHOOK,
            "the webhook does not answer for TFJobs: kubectl get validatingwebhookconfigurations",
        )
    if REFUSAL not in refusal.what:
        raise SlipwayError(f"refused for another reason than expected: {refusal.what}", WEBHOOK)
    return "the webhook let a good TFJob pass and refused a bad one"


def _answer(ctx: ProbeContext, container: str) -> ApiError | None:
    """The refusal of a dry-run create, or None when it was let in."""
    try:
        ctx.kube.create(tfjob(NAMESPACE, container), dry_run=True)
    except ApiError as error:
        if starting(error):
            raise NotYet(error.what, WEBHOOK) from error
        return error
    return None


def starting(error: ApiError) -> bool:
    """Whether the API server could not ask the webhook, for a reason that goes away by itself."""
    return error.status >= 500 and "failed calling webhook" in error.what and any(w in error.what for w in STARTING)
