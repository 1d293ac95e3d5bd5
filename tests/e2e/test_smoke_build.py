"""A model with a requirements.txt: pip runs in a restricted Pod, the image is pushed, served and asked."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from e2e_models import model_directory
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.progress import Reporter
from slipway.smoke import gateway, judges, names, registry
from slipway.smoke.context import Context
from slipway.smoke.objects import serving, workflow
from slipway.smoke.seed import Seeding

Create = Callable[[Obj], Obj]

SOURCE = """
import factor

class Times:
    class_names = ["product"]

    def predict(self, X, names=None):
        return X * factor.FACTOR
"""
ENVIRONMENT = "MODEL_NAME=Times\nAPI_TYPE=REST\nSERVICE_TYPE=MODEL\nPERSISTENCE=0\n"


def wheel() -> bytes:
    """A package of one line, as a wheel: pip needs no index for it."""
    content = io.BytesIO()
    info = "factor-1.0.dist-info"
    files = {
        "factor.py": "FACTOR = 7\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: factor\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    return content.getvalue()


@pytest.fixture
def model(context: Context, create: Create, temp_name: str) -> Iterator[str]:
    """The model's directory on the claim `outputs`; removed afterwards."""
    directory = f"smoke/{temp_name}"
    create(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": temp_name, "namespace": context.options.project},
            "data": {
                "Times.py": SOURCE,
                "environment": ENVIRONMENT,
                "requirements.txt": "./factor-1.0-py3-none-any.whl\n",
            },
            "binaryData": {"factor-1.0-py3-none-any.whl": base64.b64encode(wheel()).decode()},
        }
    )
    put = f"cd /outputs/{directory} && mkdir .s2i && cp -L /files/* . && mv environment .s2i/"
    with model_directory(context, create, directory, put):
        yield directory


@pytest.mark.timeout(600)
def test_requirements_are_installed_by_an_unprivileged_builder(
    context: Context, model: str, create: Create, kube: Client, temp_name: str
) -> None:
    options = context.options
    with Seeding(context) as seeding:
        base = seeding.base()
    image = f"{options.registry}/models/{temp_name}:1"
    built = workflow.build(options, context.run, model, base, image, method="build")
    built["metadata"]["name"] = temp_name
    create(built)
    context.wait(ref_of(built), judges.workflow, "package")

    listed = kube.objects("v1", "Pod", options.project, labels=names.pods_of(context.run, "package"))
    assert len(listed) == 1
    main = next(c for c in listed[0]["spec"]["containers"] if c["name"] == "main")
    assert not main["securityContext"].get("privileged")
    assert "SYS_ADMIN" not in json.dumps(main["securityContext"])
    assert all("hostPath" not in volume for volume in listed[0]["spec"]["volumes"])

    # Only what pip and the model brought is new: the base's layers are the registry's.
    address = gateway.node_port(kube, "registry", "registry")
    auth = registry.credentials(kube, options.project, options.registry)
    assert registry.digest(address, f"models/{temp_name}", "1", auth).startswith("sha256:")

    deployment = serving.build(options, context.run, image)
    deployment["metadata"]["name"] = temp_name
    create(deployment)
    context.wait(ref_of(deployment), judges.seldon, "serve", f"seldon-deployment-id={temp_name}")
    door = gateway.node_port(kube, "ambassador", "ambassador")
    url = f"http://{door}/seldon/{options.project}/{temp_name}/api/v1.0/predictions"
    question = {"data": {"names": [], "tensor": {"shape": [1, 2], "values": [1.0, 3.0]}}}
    answer: Any = gateway.post_when_ready(url, question, 30, Reporter())
    assert answer["data"]["tensor"]["values"] == [7.0, 21.0]


def test_a_model_with_requirements_is_refused_by_the_fast_way(
    context: Context, model: str, create: Create, kube: Client, temp_name: str
) -> None:
    built = workflow.build(context.options, context.run, model, "r/base:1", "r/m:1", method="append")
    built["metadata"]["name"] = temp_name
    create(built)
    with pytest.raises(Exception, match=r"needs --method build"):
        context.wait(
            Ref(built["apiVersion"], "Workflow", context.options.project, temp_name), judges.workflow, "package"
        )
