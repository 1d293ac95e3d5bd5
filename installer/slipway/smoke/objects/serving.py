"""The SeldonDeployment that serves the model.

Source: machinelearning.seldon.io/v1 SeldonDeployment.
"""

from __future__ import annotations

from slipway.kube import Obj
from slipway.smoke import names
from slipway.smoke.options import SmokeOptions

CONTAINER = "classifier"


def build(options: SmokeOptions, run: str, image: str) -> Obj:
    """The SeldonDeployment ``mnist``: one predictor, one container ``classifier``."""
    container: Obj = {
        "name": CONTAINER,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    return {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": names.SERVE, "namespace": options.project, "labels": names.labels(run, "serve")},
        "spec": {
            "predictors": [
                {
                    "name": "default",
                    "replicas": 1,
                    "graph": {"name": CONTAINER, "type": "MODEL", "children": []},
                    "componentSpecs": [
                        {
                            "metadata": {"labels": names.labels(run, "serve")},
                            "spec": {
                                "imagePullSecrets": [{"name": options.pull_secret}],
                                "automountServiceAccountToken": False,
                                "containers": [container],
                            },
                        }
                    ],
                }
            ],
        },
    }
