"""Charts: what Slipway makes of them is what kustomize makes of them, and their schemas refuse what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from slipway import paths
from slipway.catalog import load_catalog
from slipway.catalog.selection import Choice
from slipway.errors import BadInput
from slipway.kube import Obj
from slipway.render import Facts, Rendered, helm, render
from slipway.render.images import unchanged

ROOT = paths.distribution()
VERSION = ROOT / "manifests/jupyterhub/6.1.1"
EDITIONS = ("compact", "upstream")


def hub(edition: str = "compact", **settings: object) -> Rendered:
    """The embedded overlay's JupyterHub."""
    catalog = load_catalog(
        ROOT, "embedded", ["jupyterhub"], follow=False, choices={"jupyterhub": Choice(edition=edition)}
    )
    facts = Facts("lab", lambda: "192.0.2.10")
    return render(catalog, {"jupyterhub": settings}, facts, unchanged)["jupyterhub"]


def find(rendered: Rendered, kind: str, name: str) -> Obj:
    (found,) = (obj for obj in rendered.objects if obj["kind"] == kind and obj["metadata"]["name"] == name)
    return found


def test_settings_reach_the_chart() -> None:
    done = hub(users="ada,grace", cull_after=0, home_class="fast", gpus=2)
    config = find(done, "ConfigMap", "hub-config")["data"]
    assert (config["HUB_USERS"], config["HUB_CULL_AFTER"], config["PROJECT_NAMESPACE"]) == ("ada,grace", "0", "lab")
    traits = traits_of(config["jupyterhub_config.py"])["KubeSpawner"]
    assert traits["storage_class"] == "fast"
    assert traits["extra_resource_limits"] == {"nvidia.com/gpu": "2"}
    assert find(done, "Role", "jupyterhub-spawner")["metadata"]["namespace"] == "lab"


class Config(SimpleNamespace):
    """Like traitlets' Config: an unknown section comes into being when asked for."""

    def __getattr__(self, name: str) -> Any:
        setattr(self, name, Config())
        return self.__dict__[name]


def traits_of(program: str) -> Any:
    """What the hub's configuration sets beyond slipway_hub's own."""
    config = Config()
    own = ("from slipway_hub", "configure(")
    exec("\n".join(line for line in program.splitlines() if not line.startswith(own)), {"get_config": lambda: config})
    return {name: section.__dict__ for name, section in config.__dict__.items()}


def test_what_a_cluster_needs_reaches_the_servers(tmp_path: Path) -> None:
    values = {
        "imagePullSecrets": ["pull"],
        "singleuser": {"nodeSelector": {"pool": "gpu"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]},
        "hub": {"config": {"KubeSpawner": {"http_timeout": 7}}, "extraConfig": {"b": "x = 'it\\'s'", "a": "y = 1"}},
    }
    text = helm.template(VERSION / "upstream", {"name": "jupyterhub", "namespace": "lab"}, tmp_path, values, "test")
    objects = [obj for obj in yaml.safe_load_all(text) if obj]
    (config,) = (obj["data"] for obj in objects if obj["metadata"]["name"] == "hub-config")
    program = config["jupyterhub_config.py"]
    traits = traits_of(program)["KubeSpawner"]
    assert traits["node_selector"] == {"pool": "gpu"}
    assert traits["image_pull_secrets"] == ["pull"]
    assert traits["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert (traits["http_timeout"], traits["start_timeout"]) == (7, 900)
    assert program.index("y = 1") < program.index("x = 'it\\'s'")
    specs = [obj["spec"]["template"]["spec"] for obj in objects if obj["kind"] == "Deployment"]
    assert all(spec["imagePullSecrets"] == [{"name": "pull"}] for spec in specs)


def test_editions_make_the_same_objects_but_for_the_code() -> None:
    ours, published = hub("compact"), hub("upstream")
    assert set(published.refs) == set(ours.refs)
    images = {c["image"] for name in ("hub", "proxy") for c in pod(published, name)["containers"]}
    assert images == {"quay.io/jupyterhub/k8s-hub:4.4.0", "quay.io/jupyterhub/configurable-http-proxy:5.2.0"}
    assert find(published, "ConfigMap", "hub-config")["data"]["NOTEBOOK_IMAGE"].startswith("quay.io/jupyter/")


def pod(rendered: Rendered, deployment: str) -> Any:
    return find(rendered, "Deployment", deployment)["spec"]["template"]["spec"]


@pytest.mark.parametrize("edition", EDITIONS)
def test_images_need_not_carry_the_code(edition: str) -> None:
    own = VERSION / "chart/files/slipway_hub"
    data = find(hub(edition), "ConfigMap", "hub-code")["data"]
    assert {path.name: path.read_text() for path in own.iterdir() if path.is_file()} == data
    (container,) = pod(hub(edition), "hub")["containers"]
    assert {"name": "code", "mountPath": "/opt/slipway/slipway_hub"} in container["volumeMounts"]
    assert {"name": "PYTHONPATH", "value": "/opt/slipway"} in container["env"]


def test_values_files_differ_only_in_what_the_images_need() -> None:
    ours, published = (yaml.safe_load((VERSION / e / "jupyterhub/values.yaml").read_text()) for e in EDITIONS)
    for values in (ours, published):
        for part, keys in {"hub": ("image", "userId"), "proxy": ("image", "command"), "singleuser": ()}.items():
            for key in ("image", "startTimeout", *keys):
                values[part].pop(key, None)
    assert ours == published


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"hub": {"imag": "x"}}, "hub"),
        ({"singleuser": {"memoryLimit": "2 GB"}}, "memoryLimit"),
        ({"proxy": {"service": {"type": "Ingress"}}}, "type"),
        ({"gatway": {}}, "gatway"),
    ],
)
def test_the_schema_refuses(values: dict[str, Any], words: str, tmp_path: Path) -> None:
    chart = {"name": "jupyterhub", "namespace": "jupyterhub"}
    with pytest.raises(BadInput, match="does not take these values") as error:
        helm.template(VERSION / "compact", chart, tmp_path, values, "overlays/x/jupyterhub")
    assert words in "\n".join(error.value.details)


def test_every_value_is_described() -> None:
    schema = json.loads((VERSION / "chart/values.schema.json").read_text())
    lacking = [path for path, node in nodes(schema, "") if "description" not in node]
    assert lacking == []


def nodes(schema: dict[str, Any], path: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for name, node in schema.get("properties", {}).items():
        found += [(f"{path}.{name}", node), *nodes(node, f"{path}.{name}")]
    return [item for item in found if not item[0].endswith((".requests", ".limits"))]


def test_a_chart_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no chart 'other'"):
        helm.template(tmp_path, {"name": "other"}, tmp_path, {}, "overlays/x/other")
