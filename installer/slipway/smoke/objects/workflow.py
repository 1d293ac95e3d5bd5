"""The Argo Workflow that makes the model's image in the cluster, without privileges where it can.

Source: argoproj.io/v1alpha1 Workflow.
"""

from __future__ import annotations

from dataclasses import dataclass

from slipway.kube import Obj
from slipway.naming import IMAGE_VERSION
from slipway.smoke import names
from slipway.smoke.objects import pods
from slipway.smoke.options import OWN_REGISTRY, SmokeOptions

API = "argoproj.io/v1alpha1"
#: What users submit, in every project namespace.
TEMPLATE = "model-package"
#: Its parameters: name, default (None: to be given), what it is.
PARAMETERS = (
    ("model", None, "the model's directory on the claim"),
    ("image", None, "the image to make and push"),
    ("method", "append", "append, or build for a model with a requirements.txt or a setup.py"),
    ("model-name", "", "MODEL_NAME, where the model's .s2i/environment does not say it"),
    ("service-type", "", "SERVICE_TYPE, the same"),
    ("claim", "outputs", "the claim with the model"),
    ("base", f"{OWN_REGISTRY}/slipway/serving:{IMAGE_VERSION}", "the serving image in a registry"),
    ("pull-secret", "regcred", "the Secret of type dockerconfigjson for both registries"),
    ("insecure", "true", "whether the registry speaks plain HTTP"),
)
DOCKER = "/docker"
#: The ConfigMap with authorities and pip's configuration that the platform hands to builds; there may be none.
TRUST = "slipway-trust"
LIST = "find . -printf '%P\\t%T@\\t%s\\n' >"
COPY = f"""\
mkdir /build/venv && cp -a /opt/venv/. /build/venv/
cd /build/venv && {LIST} /build/before
"""
#: setup.py writes beside itself, and the claim is only read.
INSTALL = f"""\
trust=/etc/slipway/trust
if [ -s $trust/pip.conf ]; then export PIP_CONFIG_FILE=$trust/pip.conf; fi
if [ -s $trust/ca.crt ]; then
  cat /etc/ssl/certs/ca-certificates.crt $trust/ca.crt >/tmp/ca.crt
  export SSL_CERT_FILE=/tmp/ca.crt REQUESTS_CA_BUNDLE=/tmp/ca.crt PIP_CERT=/tmp/ca.crt
fi
cd "$MODEL"
set --
if [ -f requirements.txt ]; then set -- -r requirements.txt
elif [ -f setup.py ]; then cp -r . /tmp/setup; cd /tmp/setup; set -- --use-pep517 --no-build-isolation .
fi
if [ $# -gt 0 ]; then
  pip3 --python /opt/venv/bin/python --disable-pip-version-check install --no-cache-dir --no-compile "$@"
fi
cd /opt/venv && {LIST} /build/after
"""


@dataclass(frozen=True)
class Values:
    """What differs from build to build; ``insecure`` is true or false, ``secret`` and ``claim`` are names."""

    model: str
    base: str
    image: str
    insecure: str
    secret: str
    claim: str = "outputs"


def build(options: SmokeOptions, run: str, model: str, base: str, image: str, *, method: str = "append") -> Obj:
    """The Workflow: ``model`` is a directory on `outputs`, ``base`` and ``image`` are references in the registry.

    ``method`` append: the registry puts base and layer together. ``build``: before, pip installs what the model's
    requirements.txt or setup.py asks for.
    """
    labels = names.labels(run, "package")
    values = Values(model, base, image, str(options.plain).lower(), options.pull_secret)
    return {
        "apiVersion": API,
        "kind": "Workflow",
        "metadata": {"name": names.PACKAGE, "namespace": options.project, "labels": labels},
        "spec": {
            "arguments": {"parameters": [{"name": "method", "value": method}]},
            "activeDeadlineSeconds": int(options.step_timeout),
            "podMetadata": {"labels": labels},
            **_spec(options, values),
        },
    }


def template(options: SmokeOptions) -> Obj:
    """The WorkflowTemplate `model-package` of a project: the same steps, for users, with all of it as parameters."""
    arguments = {name: f"{{{{workflow.parameters.{name}}}}}" for name, _, _ in PARAMETERS}
    values = Values(*(arguments[name] for name in ("model", "base", "image", "insecure", "pull-secret", "claim")))
    rows = [
        {"name": name, "description": text, **({} if value is None else {"value": value})}
        for name, value, text in PARAMETERS
    ]
    spec = _spec(options, values)
    env = {"MODEL_NAME": arguments["model-name"], "SERVICE_TYPE": arguments["service-type"]}
    for item in spec["templates"]:
        if "container" in item:
            item["container"]["env"] += [{"name": key, "value": value} for key, value in env.items()]
    return {
        "apiVersion": API,
        "kind": "WorkflowTemplate",
        "metadata": {"name": TEMPLATE, "namespace": options.project},
        "spec": {"arguments": {"parameters": rows}, "activeDeadlineSeconds": 3600, **spec},
    }


def _spec(options: SmokeOptions, values: Values) -> Obj:
    return {
        "entrypoint": "package",
        "serviceAccountName": "workflow",
        # The object goes with the run; until then its Pods keep their logs.
        "podGC": {"strategy": "OnWorkflowSuccess", "deleteDelayDuration": "1h"},
        "securityContext": pods.POD_SECURITY,
        "volumes": [
            {"name": "outputs", "persistentVolumeClaim": {"claimName": values.claim, "readOnly": True}},
            {"name": "tmp", "emptyDir": {}},
            {"name": "build", "emptyDir": {}},
            {"name": "trust", "configMap": {"name": TRUST, "optional": True}},
            {
                "name": "docker",
                "secret": {
                    "secretName": values.secret,
                    "items": [{"key": ".dockerconfigjson", "path": "config.json"}],
                },
            },
        ],
        "templates": [
            {"name": "package", "steps": [[_step("append"), _step("build")]]},
            {"name": "append", "container": _container(options, "append", values)},
            _with_pip(options, values.model, {"container": _container(options, "build", values)}),
        ],
    }


def _step(method: str) -> Obj:
    return {"name": method, "template": method, "when": f"{{{{workflow.parameters.method}}}} == {method}"}


def _container(options: SmokeOptions, method: str, values: Values) -> Obj:
    command = ["python3", "-m", "slipway_builder", f"--method={method}", f"--model=/outputs/{values.model}"]
    command += [f"--base={values.base}", f"--image={values.image}", f"--insecure={values.insecure}"]
    main = pods.container("main", options.image("builder"), command, memory="256Mi")
    del main["name"]
    main["volumeMounts"] = [
        {"name": "outputs", "mountPath": "/outputs", "readOnly": True},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 (the Pod's own)
        {"name": "docker", "mountPath": DOCKER, "readOnly": True},
        {"name": "trust", "mountPath": "/etc/slipway/trust", "readOnly": True},
    ]
    main["env"] = [{"name": "DOCKER_CONFIG", "value": DOCKER}]
    return main


def _with_pip(options: SmokeOptions, model: str, template: Obj) -> Obj:
    """pip before, in the serving image and on a copy of its environment; the builder sees what has changed.

    No step is root, builds a container, or has a right more than the fast way: what Pod Security calls restricted.
    """
    copied = _init(options, "copy", COPY, [{"name": "build", "mountPath": "/build"}])
    mounts: list[Obj] = [
        {"name": "build", "mountPath": "/opt/venv", "subPath": "venv"},
        {"name": "build", "mountPath": "/build"},
        {"name": "outputs", "mountPath": "/outputs", "readOnly": True},
        {"name": "trust", "mountPath": "/etc/slipway/trust", "readOnly": True},
    ]
    installed = _init(options, "install", INSTALL, mounts)
    installed["env"] = [{"name": "MODEL", "value": f"/outputs/{model}"}]
    installed["resources"]["limits"] = {"cpu": "2", "memory": "2Gi"}
    main = template["container"]
    main["volumeMounts"].append({"name": "build", "mountPath": "/build", "readOnly": True})
    return {"name": "build", "initContainers": [copied, installed], **template}


def _init(options: SmokeOptions, name: str, script: str, mounts: list[Obj]) -> Obj:
    container = pods.container(name, options.image("serving"), ["sh", "-euc", script], memory="256Mi")
    container["volumeMounts"] = [{"name": "tmp", "mountPath": "/tmp"}, *mounts]  # noqa: S108 (the Pod's own)
    return container
