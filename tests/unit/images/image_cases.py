"""Objects that name images, and objects that only look like it."""

from __future__ import annotations

import json
from typing import Any

import yaml

DIGEST = "sha256:" + "0f" * 32


def pod(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(containers), **more}}


def config(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data}


KATIB = """\
apiVersion: config.kubeflow.org/v1beta1
kind: KatibConfig
runtime:
  # ghcr.io/kubeflow/katib/in-a-comment:v1
  suggestions:
  - {algorithmName: random, image: "ghcr.io/kubeflow/katib/suggestion-hyperopt:v0.19.0"}
  metricsCollectors:
  - kind: StdOut
    image: ghcr.io/kubeflow/katib/file-metrics-collector:v0.19.0
    imagePullPolicy: IfNotPresent
"""
SERVERS = {
    "SKLEARN_SERVER": {
        "protocols": {
            "seldon": {"image": "seldonio/sklearnserver", "defaultImageVersion": "1.17.1"},
            "v2": {"image": "seldonio/mlserver", "defaultImageVersion": "1.3.5-sklearn"},
        }
    },
    "TENSORFLOW_SERVER": {"protocols": {"tensorflow": {"image": "tensorflow/serving", "defaultImageVersion": "2.1.0"}}},
}
INIT_TEMPLATE = """\
- name: init-pytorch
  image: {{.InitContainerImage}}
  command: ['sh', '-c', 'until nslookup {{.MasterAddr}}; do sleep 1; done;']
{{if .Debug}}
- name: debug
  image: "alpine:3.10"
{{end}}
"""
HUB = """\
import os
c.KubeSpawner.image = "quay.io/jupyter/base-notebook:2025-03-14"
c.KubeSpawner.image_pull_policy = "IfNotPresent"
c.JupyterHub.hub_connect_url = "http://hub.jupyterhub.svc.cluster.local:8081/hub/api"
c.KubeSpawner.profile_list = [{"kubespawner_override": {"image": 'jupyter/tensorflow-notebook:2025'}}]
"""
TRIAL = """\
apiVersion: batch/v1
kind: Job
spec:
  template:
    spec:
      containers:
      - name: main
        image: ghcr.io/kubeflow/katib/pytorch-mnist-cpu:v0.19.0
        command: [python3, /opt/mnist.py, "--lr=${trialParameters.learningRate}"]
"""

FOUND: dict[str, tuple[dict[str, Any], list[str]]] = {
    "container": (pod({"name": "a", "image": "busybox"}), ["busybox"]),
    "init and ephemeral containers": (
        pod(initContainers=[{"name": "i", "image": "a/b"}], ephemeralContainers=[{"name": "e", "image": "c/d:1"}]),
        ["a/b", "c/d:1"],
    ),
    "pod template of a CronJob": (
        {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": pod({"name": "a", "image": "mysql:8"})}}}},
        ["mysql:8"],
    ),
    "custom resource: TFJob": (
        {"spec": {"tfReplicaSpecs": {"Worker": {"template": pod({"name": "t", "image": "a.io/tf:1"})}}}},
        ["a.io/tf:1"],
    ),
    "custom resource: WorkflowTemplate": (
        {"spec": {"templates": [{"script": {"image": "python:3.12", "source": "print('image: a:b')"}}]}},
        ["python:3.12", "a:b"],
    ),
    "custom resource: SeldonDeployment": (
        {"spec": {"predictors": [{"componentSpecs": [pod({"name": "m", "image": "slipway.local/serving:0.1.0"})],
                                  "graph": {"storageInitializerImage": "seldonio/rclone:1.17.1"}}]}},
        ["slipway.local/serving:0.1.0", "seldonio/rclone:1.17.1"],
    ),
    "argument": (pod({"args": ["--executor-image=quay.io/argoexec:v3"]}), ["quay.io/argoexec:v3"]),
    "argument, short": (pod({"args": ["--pytorch-init-container-image=alpine:3.10"]}), ["alpine:3.10"]),
    "argument, two words": (pod({"args": ["--helper-image", "busybox:1", "--x", "a:1"]}), ["busybox:1"]),
    "argument of a strange name": (pod({"args": ["--sidecar=quay.io/a/b:1"]}), ["quay.io/a/b:1"]),
    "script": (pod({"command": ["sh", "-c", "ctr images pull quay.io/a/b:1 && echo ok:1/2"]}), ["quay.io/a/b:1"]),
    "variable": (pod({"env": [{"name": "EXECUTOR_CONTAINER_IMAGE_AND_VERSION", "value": "seldonio/executor:1.17.1"}]}),
                 ["seldonio/executor:1.17.1"]),
    "variable of an operator": (pod({"env": [{"name": "RELATED_IMAGE_EXECUTOR", "value": "seldonio/executor:1"}]}),
                                ["seldonio/executor:1"]),
    "parameter": ({"arguments": {"parameters": [{"name": "train-image", "value": "a/b:1"}]}}, ["a/b:1"]),
    "key of a ConfigMap": (config(NOTEBOOK_IMAGE="jupyter/base:1"), ["jupyter/base:1"]),
    "katib-config": (
        config(**{"katib-config.yaml": KATIB}),
        ["ghcr.io/kubeflow/katib/suggestion-hyperopt:v0.19.0", "ghcr.io/kubeflow/katib/file-metrics-collector:v0.19.0"],
    ),
    "seldon-config": (
        config(predictor_servers=json.dumps(SERVERS), storageInitializer='{"image":"seldonio/rclone:1.17.1"}'),
        ["seldonio/sklearnserver:1.17.1", "seldonio/mlserver:1.3.5-sklearn", "tensorflow/serving:2.1.0",
         "seldonio/rclone:1.17.1"],
    ),
    "Helm values": (
        config(**{"values.yaml": "singleuser:\n  image:\n    name: quay.io/jupyter/minimal\n    tag: '4.4'\nhub:\n"
                  "  image: {registry: quay.io, repository: jupyterhub/k8s-hub, tag: 4.4.0}\n"}),
        ["quay.io/jupyter/minimal:4.4", "quay.io/jupyterhub/k8s-hub:4.4.0"],
    ),
    "workflow-controller-configmap": (
        config(executor="image: quay.io/argoproj/argoexec:v3\nimagePullPolicy: Always\n"),
        ["quay.io/argoproj/argoexec:v3"],
    ),
    "template that is no YAML": (config(**{"init-container.tmpl": INIT_TEMPLATE}), ["alpine:3.10"]),
    "configuration in Python": (
        config(**{"jupyterhub_config.py": HUB}),
        ["quay.io/jupyter/base-notebook:2025-03-14", "jupyter/tensorflow-notebook:2025"],
    ),
    "trial template": (config(defaultTrialTemplate=TRIAL), ["ghcr.io/kubeflow/katib/pytorch-mnist-cpu:v0.19.0"]),
    "several documents": (config(all="image: a/b:1\n---\nimage: c/d:2\n"), ["a/b:1", "c/d:2"]),
    "YAML in JSON in YAML": (
        config(outer=yaml.safe_dump({"inner": json.dumps({"deep": "image: a.io/b:1\nx: y\n"})}) + "x: y\n"),
        ["a.io/b:1"],
    ),
    "annotation": ({"metadata": {"annotations": {"example.com/sidecar-image": "a/b:1"}}}, ["a/b:1"]),
    "with a digest": (pod({"name": "a", "image": f"a.io/b:1@{DIGEST}"}), [f"a.io/b:1@{DIGEST}"]),
}  # fmt: skip


NOTHING: dict[str, dict[str, Any]] = {
    "pull policy": pod({"name": "a", "imagePullPolicy": "Always"}, imagePullSecrets=[{"name": "regcred"}]),
    "pull policy as a variable": pod({"env": [{"name": "EXECUTOR_CONTAINER_IMAGE_PULL_POLICY", "value": "Always"}]}),
    "flag for a policy": pod({"args": ["--executor-image-pull-policy=IfNotPresent", "--image-ttl=1h"]}),
    "url": pod({"args": ["--url=https://quay.io/a/b:1", "http://katib-ui.kubeflow:80/katib/"]}),
    "address": pod({"env": [{"name": "ADDRESS", "value": "katib-db-manager.kubeflow:6789"}]}),
    "a word under the key image": {"spec": {"image": "auto", "icon": {"image": "pictures/logo"}}},
    "schema": {"kind": "CustomResourceDefinition", "spec": {"image": "quay.io/a/b:1"}},
    "names": {"metadata": {"name": "mysql", "labels": {"app.kubernetes.io/image": "x"}}},
    "picture": {"spec": {"image": "https://example.com/logo.png"}},
    "api group": {"rules": [{"apiGroups": ["kubeflow.org"], "resources": ["tfjobs/status"]}]},
    "prose": config(readme="The image: see the manual.\nPort: 80:80\n"),
    "script": config(run="#!/bin/sh\nimage=$1\nkubectl get pods -l app=a:b/c\n"),
    "volume": {"spec": {"nfs": {"server": "10.0.0.1", "path": "/a:b"}, "mountOptions": ["nfsvers=4.1"]}},
    "not YAML, not an image": config(x="{{ .Values.image }}: {{"),
}
