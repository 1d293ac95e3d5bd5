"""No image escapes: what a dumb search of the rendered text finds, the scanner finds too, and rewrites."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest
from slipway.images import find, scan
from slipway.images.placement import placement
from slipway.images.reference import parse
from slipway.kube import Obj
from slipway.naming import IMAGE_VERSION
from slipway.render import Rendered
from slipway.workflows import image_list
from slipway.workflows.options import Options

MIRROR = "mirror.invalid:5000/platform"
HOSTS = (
    "slipway.local", "docker.io", "quay.io", "ghcr.io", "gcr.io", "registry.k8s.io", "nvcr.io", "public.ecr.aws",
    "mcr.microsoft.com",
)  # fmt: skip
#: A host that everybody knows, and what follows it up to something that no reference has.
DUMB = re.compile(rf"(?:[\w.-]*\b)?(?:{'|'.join(map(re.escape, HOSTS))})/[\w./-]+(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?")


class Tree(Protocol):
    """The fixture of conftest.py."""

    def overlay(self, overlay: str, project: str = "workbench") -> Mapping[str, Rendered]: ...


def everything(components: Mapping[str, Rendered]) -> Iterator[Obj]:
    """All objects but those that describe types: their descriptions give examples."""
    for component in components.values():
        yield from (obj for obj in component.objects if obj["kind"] != "CustomResourceDefinition")


def in_containers(value: Any) -> Iterator[str]:
    """The image of every mapping that also has a name: a container, wherever it stands."""
    if isinstance(value, dict):
        if isinstance(value.get("image"), str) and isinstance(value.get("name"), str):
            yield value["image"]
        for inner in value.values():
            yield from in_containers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from in_containers(inner)


def text_of(obj: Obj) -> str:
    """The object as text in which escapes end no word."""
    return re.sub(r"\\[nrt\"\\]", " ", json.dumps(obj))


def dumb(obj: Obj) -> set[str]:
    """References of well-known hosts anywhere in the object's text."""
    return {match.rstrip(".") for match in DUMB.findall(text_of(obj))}


def dumb_before(text: str, prefix: str) -> list[str]:
    """References of well-known hosts that do not follow ``prefix``."""
    found = re.finditer(rf"(?<![\w./-])({re.escape(prefix)})?({DUMB.pattern})", text)
    return [match[2] for match in found if not match[1] and not match[2].startswith(prefix)]


def test_the_scanner_finds_what_a_search_of_the_text_finds(overlay: str, rendered: Tree) -> None:
    for obj in everything(rendered.overlay(overlay)):
        found = {text for text, _ in scan.references(obj)}
        # Where a format splits a reference, the text has its name alone.
        names = {text.rpartition(":")[0] for text in found}
        escaped = (dumb(obj) | set(in_containers(obj))) - found - names
        assert escaped == set(), f"{obj['kind']} {obj['metadata']['name']}"


def test_after_rewriting_nothing_points_anywhere_else(overlay: str, rendered: Tree) -> None:
    place = placement(MIRROR, {})
    for obj in everything(rendered.overlay(overlay)):
        moved = place(obj)
        for text, path in scan.references(moved):
            reference = parse(text)
            assert reference is not None
            assert reference.internal or text.startswith(f"{MIRROR}/"), f"{text} at {scan.dotted(path)}"
        left = dumb_before(text_of(moved), f"{MIRROR}/")
        assert left == [], f"{obj['kind']} {obj['metadata']['name']}"
        assert len(scan.references(moved)) == len(scan.references(obj))


def test_every_image_can_be_pulled_by_a_tag_or_digest(overlay: str, rendered: Tree) -> None:
    """``latest`` is another image tomorrow."""
    for image in find.collect(find.of_components(rendered.overlay(overlay))):
        assert image.reference.digest or image.reference.tag not in ("", "latest"), f"{image.reference}: {image.uses}"


def test_images_of_slipway_are_such_that_can_be_built(overlay: str, rendered: Tree) -> None:
    from slipway import artifacts

    known = set(artifacts.catalogue().images)
    ours = [image for image in find.collect(find.of_components(rendered.overlay(overlay))) if image.ours]
    assert {image.reference.path for image in ours} <= known
    assert {image.reference.tag for image in ours} <= {IMAGE_VERSION}


def test_the_search_finds_what_the_scanner_does_not() -> None:
    """The tests above can fail."""
    obj = {"kind": "ConfigMap", "data": {"x": "first line\nquay.io/a/b and more"}}
    assert dumb(obj) == {"quay.io/a/b"}
    assert dumb_before(text_of(obj), f"{MIRROR}/") == ["quay.io/a/b"]
    assert dumb_before(f"x={MIRROR}/quay.io/a/b", f"{MIRROR}/") == []
    assert scan.references(obj) == []


@pytest.mark.parametrize("cluster", ["gke", "onprem"])
def test_what_a_setting_would_pull_is_listed_and_not_copied(cluster: str) -> None:
    given = Options(Path("/dev/null"), None, (), cluster)
    optional = {"onprem": "nfs-provisioner", "gke": "nfs-server"}[cluster]
    images = image_list.images_of(given)
    (found,) = (image for image in images if optional in image.off and len(image.components) == 1)
    assert found not in image_list.pulled(images)
    assert image_list.pulled(image_list.images_of(given, [optional]))[-1] == replace(
        found, uses=tuple(replace(use, off=False) for use in found.uses)
    )
    switched = replace(given, sets=(f"components.{optional}.enabled=true", "settings.helper_image=example.com/sh:1"))
    images = image_list.pulled(image_list.images_of(switched))
    assert {found.reference, parse("example.com/sh:1")} <= {image.reference for image in images}
