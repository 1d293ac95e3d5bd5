"""Argo works when a DAG of two steps runs to its end and the second step gets what the first one gave back."""

from __future__ import annotations

import secrets
import time
from functools import partial

from slipway.diagnosis.details import details
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.kube.restricted import container_security, pod_security
from slipway.naming import own_image
from slipway.readiness.context import ProbeContext
from slipway.waiting.objects import Failing, Seen, until

#: Where the manifests say, in the controller's annotation, which image the steps use; without it, this one.
IMAGE, IMAGE_ANNOTATION = own_image("base"), "slipway.dev/probe-image"
NAMESPACE = "argo"
API = "argoproj.io/v1alpha1"
LABEL = "slipway.dev/probe"
POD_LABEL = "workflows.argoproj.io/workflow"
#: Two pods, one after the other, on a busy machine.
SECONDS = 120


def workflow(namespace: str, word: str, image: str = IMAGE) -> Obj:
    """The Workflow: ``say`` writes ``word`` to a file, its output parameter; ``hear`` compares what it is given."""
    return {
        "apiVersion": API,
        "kind": "Workflow",
        "metadata": {"generateName": "slipway-probe-", "namespace": namespace, "labels": {LABEL: "argo"}},
        "spec": {
            "entrypoint": "dag",
            "serviceAccountName": "workflow",
            "activeDeadlineSeconds": SECONDS,
            # Should the prober be killed, nothing stays behind either.
            "ttlStrategy": {"secondsAfterCompletion": 60},
            "securityContext": pod_security(),
            "templates": [
                {"name": "dag", "dag": {"tasks": _tasks()}},
                {
                    "name": "say",
                    "container": _container(image, f"printf %s {word} >/tmp/word"),
                    "outputs": {"parameters": [{"name": "word", "valueFrom": {"path": "/tmp/word"}}]},  # noqa: S108
                },
                {
                    "name": "hear",
                    "inputs": {"parameters": [{"name": "word"}]},
                    "container": _container(image, f"test '{{{{inputs.parameters.word}}}}' = {word}"),
                },
            ],
        },
    }


def probe_dag(ctx: ProbeContext) -> str:
    """Run the DAG in the project namespace. Raises SlipwayError with the nodes' messages when it fails."""
    started = time.monotonic()
    created = ctx.kube.create(workflow(ctx.project, secrets.token_hex(8), step_image(ctx.kube)))
    ref = ref_of(created)
    try:
        done = _finished(ctx, ref)
        phase = done["status"]["phase"]
        if phase != "Succeeded":
            raise SlipwayError(
                f"ended {phase}: {done['status'].get('message', 'no message')}",
                f"workflow {ref.namespace}/{ref.name}",
                f"kubectl -n {ref.namespace} describe pods; kubectl -n argo logs deploy/workflow-controller",
                _details(ctx.kube, ref, done),
            )
    finally:
        ctx.kube.delete(ref)
    return f"a DAG of two steps passed a parameter in {time.monotonic() - started:.1f} s"


def step_image(kube: Client) -> str:
    """The image of the probe's steps: what the controller's annotation says."""
    controller = kube.get("apps/v1", "Deployment", "workflow-controller", NAMESPACE) or {"metadata": {}}
    return str((controller["metadata"].get("annotations") or {}).get(IMAGE_ANNOTATION, IMAGE))


def _finished(ctx: ProbeContext, ref: Ref) -> Obj:
    """The Workflow once it has a last phase. Raises SlipwayError after SECONDS."""
    last: Obj = {}

    def judge(obj: Obj) -> Seen:
        nonlocal last
        last, phase = obj, (obj.get("status") or {}).get("phase")
        text = f"the workflow is {phase or 'not seen by the controller'}"
        return Seen(text, done=phase in ("Succeeded", "Failed", "Error"))

    remedy = "look at the controller: kubectl -n argo logs deploy/workflow-controller"
    failing = Failing(f"did not end within {SECONDS} s", remedy, lambda: _details(ctx.kube, ref, last))
    return until(ctx.kube, ref, judge, SECONDS, partial(ctx.reporter.waiting, "argo dag"), failing)


def _details(kube: Client, ref: Ref, done: Obj) -> tuple[str, ...]:
    """A line for each node, and what its pods and their events say."""
    lines = [
        f"{node.get('displayName')}: {node.get('phase')} {node.get('message', '')}".rstrip()
        for node in ((done.get("status") or {}).get("nodes") or {}).values()
    ]
    return (*lines, *details(kube, ref, f"{POD_LABEL}={ref.name}"))


def _tasks() -> list[Obj]:
    word = {"name": "word", "value": "{{tasks.say.outputs.parameters.word}}"}
    return [
        {"name": "say", "template": "say"},
        {"name": "hear", "template": "hear", "dependencies": ["say"], "arguments": {"parameters": [word]}},
    ]


def _container(image: str, script: str) -> Obj:
    return {
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", script],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "1", "memory": "64Mi"}},
        "securityContext": container_security(read_only=False),
    }
