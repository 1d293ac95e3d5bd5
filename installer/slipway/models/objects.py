"""The objects of packaging and deploying a model. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.kube import Obj
from slipway.naming import own_image
from slipway.smoke.objects import pods, workflow

#: Where models lie on the claim `outputs` while they are packaged.
FOLDER = "models"
LABEL = "slipway.dev/model"


def uploader(project: str, image: str = "") -> Obj:
    """A Pod with the claim `outputs` and nothing more: an ordinary user, no token, no right."""
    container = pods.container("upload", image or own_image("base"), ["sleep", "3600"], memory="128Mi")
    container["volumeMounts"] = [{"name": "outputs", "mountPath": "/outputs"}]
    template = pods.template({LABEL: "upload"}, container)
    spec = template["spec"] | {"activeDeadlineSeconds": 3600, "terminationGracePeriodSeconds": 1}
    spec["volumes"] = [{"name": "outputs", "persistentVolumeClaim": {"claimName": "outputs"}}]
    meta = {"generateName": "model-upload-", "namespace": project, "labels": {LABEL: "upload"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def package(project: str, name: str, values: Mapping[str, str]) -> Obj:
    """The Workflow of the project's WorkflowTemplate, with these parameters."""
    return {
        "apiVersion": workflow.API,
        "kind": "Workflow",
        "metadata": {"generateName": f"package-{name}-", "namespace": project, "labels": {LABEL: name}},
        "spec": {
            "workflowTemplateRef": {"name": workflow.TEMPLATE},
            "arguments": {"parameters": [{"name": key, "value": value} for key, value in values.items()]},
        },
    }


def deployment(project: str, name: str, image: str, kind: str = "MODEL", replicas: int = 1) -> Obj:
    """The SeldonDeployment of one node of type ``kind``. Whoever pulls is the project's ServiceAccount `default`."""
    container: Obj = {
        "name": "model",
        "image": image,
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    return {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": name, "namespace": project, "labels": {LABEL: name}},
        "spec": {
            "predictors": [
                {
                    "name": "default",
                    "replicas": replicas,
                    "graph": {"name": "model", "type": kind},
                    "componentSpecs": [{"spec": {"automountServiceAccountToken": False, "containers": [container]}}],
                }
            ]
        },
    }
