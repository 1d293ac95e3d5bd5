"""The Workflow of argo's probe: what the second step compares is what the first one wrote."""

from __future__ import annotations

import yaml
from slipway import paths
from slipway.readiness.probes.argo import IMAGE, IMAGE_ANNOTATION, NAMESPACE, workflow

ROOT = paths.distribution()


def test_the_second_step_compares_what_the_first_one_wrote() -> None:
    spec = workflow("workbench", "c0ffee")["spec"]
    templates = {template["name"]: template for template in spec["templates"]}
    say, hear = templates["say"], templates["hear"]
    path = say["outputs"]["parameters"][0]["valueFrom"]["path"]
    assert say["container"]["command"][-1].endswith(f"c0ffee >{path}")
    assert hear["container"]["command"][-1] == "test '{{inputs.parameters.word}}' = c0ffee"
    task = templates["dag"]["dag"]["tasks"][1]
    assert task["dependencies"] == ["say"]
    assert task["arguments"]["parameters"] == [{"name": "word", "value": "{{tasks.say.outputs.parameters.word}}"}]


def test_a_probe_that_was_killed_leaves_nothing_for_long() -> None:
    spec = workflow("workbench", "c0ffee")["spec"]
    assert spec["activeDeadlineSeconds"] > 0
    assert spec["ttlStrategy"]["secondsAfterCompletion"] <= 300


def test_every_container_has_an_image_of_the_platform_and_an_explicit_command() -> None:
    """Without a command the controller would look the image up in a registry."""
    templates = workflow("workbench", "c0ffee")["spec"]["templates"]
    containers = [template["container"] for template in templates if "container" in template]
    assert len(containers) == 2
    for container in containers:
        assert container["image"].startswith("slipway.local/")
        assert container["command"]


def test_the_steps_use_the_image_that_the_cluster_can_pull() -> None:
    templates = workflow("workbench", "c0ffee", "registry.example/busybox:1")["spec"]["templates"]
    images = {template["container"]["image"] for template in templates if "container" in template}
    assert images == {"registry.example/busybox:1"}


def test_the_manifests_name_the_image_of_the_steps() -> None:
    """Where the probe looks for it, and where rewriting images finds it."""
    for path in (ROOT / "manifests" / "argo").glob("*/controller.yaml"):
        controller = yaml.safe_load(path.read_text())
        assert controller["metadata"]["annotations"][IMAGE_ANNOTATION] == IMAGE, path
        assert (controller["metadata"]["namespace"], controller["metadata"]["name"]) == (
            NAMESPACE,
            "workflow-controller",
        )
