"""Overlays as a whole: plain Kustomize, the graph, the lock, shared objects, the project namespace."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from slipway import paths
from slipway.catalog import load_catalog
from slipway.catalog.load import load_lock
from slipway.catalog.selection import built_upon
from slipway.kube import Obj, Ref, ref_of
from slipway.kube.objects import identity
from slipway.render import Rendered, helm
from slipway.render.configroll import ANNOTATION
from slipway.render.kustomize import command, parse

ROOT = paths.distribution()
#: As the fixture `rendered` has it.
NODE_IP = "192.0.2.10"


class Tree(Protocol):
    """The fixture of conftest.py."""

    def overlay(self, overlay: str, project: str = "workbench") -> Mapping[str, Rendered]: ...


def test_the_lock_names_every_component(overlay: str) -> None:
    lock, components = load_lock(ROOT), load_catalog(ROOT, overlay).components
    assert {name: c.version for name, c in components.items()} == {name: lock.get(name) for name in components}


def test_overlays_use_the_locked_versions(overlay: str) -> None:
    for name, component in load_catalog(ROOT, overlay).components.items():
        assert built_upon(ROOT, overlay, name)[0] == component.version, f"overlays/{overlay}/{name}"


def plain(objects: Sequence[Obj]) -> dict[Ref, Obj]:
    """The objects without what Slipway writes beside the manifests: labels, the hash of ConfigMaps."""
    found = {}
    for obj in json.loads(json.dumps(objects)):
        obj["metadata"].pop("labels", None)
        template = (obj.get("spec") or {}).get("template")
        if template:
            template["metadata"]["labels"].pop("slipway.dev/component", None)
            template["metadata"].get("annotations", {}).pop(ANNOTATION, None)
            if not template["metadata"].get("annotations"):
                template["metadata"].pop("annotations", None)
        found[ref_of(obj)] = obj
    return found


def test_kustomize_renders_the_same_without_slipway(case: tuple[str, str], component: Rendered) -> None:
    directory = ROOT / "overlays" / case[0] / case[1]
    charts = ["--enable-helm", f"--helm-command={helm.command()}"] if helm.charts(directory) else []
    words = [*command(), *charts, str(directory)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    # The embedded node's own server: Slipway knows its address.
    text = done.stdout.replace("server: auto\n", f"server: {NODE_IP}\n")
    assert plain(parse(text, "")) == plain(component.objects)


def test_requirements_are_there_and_without_circles(overlay: str) -> None:
    waves = load_catalog(ROOT, overlay).waves()
    assert sum(len(wave) for wave in waves) == len(load_catalog(ROOT, overlay).components)


def test_shared_objects_are_the_same_in_all_components(overlay: str, rendered: Tree) -> None:
    seen: dict[Any, Obj] = {}
    for component in rendered.overlay(overlay).values():
        for obj in component.objects:
            key = identity(ref_of(obj))
            other = seen.setdefault(key, obj)
            assert other == obj or without_component(other) == without_component(obj), ref_of(obj)


def without_component(obj: Obj) -> Obj:
    labels = {k: v for k, v in obj["metadata"]["labels"].items() if k != "slipway.dev/component"}
    return {**obj, "metadata": {**obj["metadata"], "labels": labels}}


def test_every_namespace_that_is_used_is_made(overlay: str, rendered: Tree) -> None:
    """By the component itself, or by one that it requires."""
    components = rendered.overlay(overlay)
    for name, component in components.items():
        made = {obj["metadata"]["name"] for other in above(components, name) for obj in components[other].objects
                if obj["kind"] == "Namespace"}  # fmt: skip
        used = {obj["metadata"].get("namespace") for obj in component.objects} - {None, "kube-system", "default"}
        used |= {spec.namespace for spec in component.component.secrets}
        assert used <= made, f"{name} does not make {used - made}"


def above(components: Mapping[str, Rendered], name: str) -> set[str]:
    found = {name}
    for other in components[name].component.requires:
        found |= above(components, other)
    return found


def test_custom_resources_come_from_a_requirement(overlay: str, rendered: Tree) -> None:
    components = rendered.overlay(overlay)
    for name, component in components.items():
        known = {
            (obj["spec"]["group"], obj["spec"]["names"]["kind"])
            for other in above(components, name)
            for obj in components[other].objects
            if obj["kind"] == "CustomResourceDefinition"
        }
        from slipway.release.objects.order import is_custom

        for ref in component.refs:
            assert not is_custom(ref) or (ref.group, ref.kind) in known, f"{name}: nothing above it brings {ref}"


def test_another_project_namespace_reaches_every_object(overlay: str, rendered: Tree) -> None:
    for name, component in rendered.overlay(overlay, "ml").items():
        for obj in component.objects:
            assert obj["metadata"].get("namespace") != "workbench", f"{name}: {ref_of(obj)}"
            assert (obj["kind"], obj["metadata"]["name"]) != ("Namespace", "workbench"), name
