"""The Argo Workflow that makes the model's image in the cluster, without privileges where it can.

Source: argoproj.io/v1alpha1 Workflow.
"""

from __future__ import annotations

from slipway.kube import Obj
from slipway.smoke import names
from slipway.smoke.objects import pods
from slipway.smoke.options import SmokeOptions

DOCKER = "/docker"


def build(options: SmokeOptions, run: str, model: str, base: str, image: str, *, method: str = "append") -> Obj:
    """The Workflow: ``model`` is a directory on `outputs`, ``base`` and ``image`` are references in the registry.

    ``method`` append: the registry puts base and layer together. ``build``: buildah runs pip for the model's
    requirements.txt.
    """
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": names.PACKAGE, "namespace": options.project, "labels": names.labels(run, "package")},
        "spec": {
            "entrypoint": "package",
            "serviceAccountName": "workflow",
            "activeDeadlineSeconds": int(options.step_timeout),
            "podMetadata": {"labels": names.labels(run, "package")},
            # The object goes with the run; until then its Pods keep their logs.
            "podGC": {"strategy": "OnWorkflowSuccess", "deleteDelayDuration": "1h"},
            "securityContext": pods.POD_SECURITY,
            "arguments": {"parameters": [{"name": "method", "value": method}]},
            "volumes": [
                {"name": "outputs", "persistentVolumeClaim": {"claimName": "outputs", "readOnly": True}},
                {"name": "tmp", "emptyDir": {}},
                {
                    "name": "docker",
                    "secret": {
                        "secretName": options.pull_secret,
                        "items": [{"key": ".dockerconfigjson", "path": "config.json"}],
                    },
                },
            ],
            "templates": [
                {"name": "package", "steps": [[_step("append"), _step("build")]]},
                {"name": "append", "container": _container(options, "append", model, base, image)},
                _with_buildah({"name": "build", "container": _container(options, "build", model, base, image)}),
            ],
        },
    }


def _step(method: str) -> Obj:
    return {"name": method, "template": method, "when": f"{{{{workflow.parameters.method}}}} == {method}"}


def _container(options: SmokeOptions, method: str, model: str, base: str, image: str) -> Obj:
    command = ["python3", "-m", "slipway_builder", f"--method={method}", f"--model=/outputs/{model}"]
    command += [f"--base={base}", f"--image={image}", *(["--insecure"] if options.plain else [])]
    main = pods.container("main", options.image("builder"), command, memory="256Mi")
    del main["name"]
    main["volumeMounts"] = [
        {"name": "outputs", "mountPath": "/outputs", "readOnly": True},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 (the Pod's own)
        {"name": "docker", "mountPath": DOCKER, "readOnly": True},
    ]
    main["env"] = [{"name": "DOCKER_CONFIG", "value": DOCKER}]
    return main


def _with_buildah(template: Obj) -> Obj:
    """What buildah needs more: memory, and the right to make a user namespace of its own.

    It runs as an ordinary user. In its user namespace it is root, and only there: newuidmap maps a range of ids (hence
    the two capabilities and the escalation to them), and the runtime's default seccomp profile forbids `unshare` to
    those without CAP_SYS_ADMIN. Nothing is privileged, no socket of the node's container runtime is there.
    """
    main = template["container"]
    main["resources"]["limits"] = {"cpu": "2", "memory": "1Gi"}
    main["securityContext"] = {
        "allowPrivilegeEscalation": True,
        "capabilities": {"drop": ["ALL"], "add": ["SETUID", "SETGID"]},
        "seccompProfile": {"type": "Unconfined"},
    }
    main["env"] += [
        {"name": "REGISTRY_AUTH_FILE", "value": f"{DOCKER}/config.json"},
        {"name": "BUILDAH_ISOLATION", "value": "chroot"},
    ]
    return template
