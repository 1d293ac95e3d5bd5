"""Rendered components → parts and steps; the recipe of the Secrets; YAML that is read as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from slipway.catalog import Component, SecretSpec
from slipway.export import helm, secrets
from slipway.export.model import Repository, repository
from slipway.export.readme import images, readme
from slipway.export.text import dump, names
from slipway.kube import Obj
from slipway.render import Rendered


def obj(kind: str, name: str, place: str = "", api: str = "v1", **more: Any) -> Obj:
    meta = {"name": name, **({"namespace": place} if place else {})}
    return {"apiVersion": api, "kind": kind, "metadata": meta, **more}


def component(name: str, *objects: Obj, requires: tuple[str, ...] = (), keep: tuple[SecretSpec, ...] = ()) -> Rendered:
    own = Component(name, "1.0", "compact", name, name, Path(), requires=requires, secrets=keep)
    return Rendered(own, objects, {}, "")


CRD = "apiextensions.k8s.io/v1"


def example() -> Repository:
    pod = {
        "containers": [{"name": "main", "image": "slipway.local/base:0.1.0", "args": ["--worker-image=ghcr.io/a/b:1"]}]
    }
    low = component(
        "low",
        obj("Namespace", "shared"),
        obj("CustomResourceDefinition", "things.example.com", api=CRD),
        obj("Deployment", "low", "shared", "apps/v1", spec={"template": {"spec": pod}}),
        obj("ValidatingWebhookConfiguration", "low", api="admissionregistration.k8s.io/v1"),
        obj("Thing", "first", "shared", "example.com/v1"),
        keep=(SecretSpec("login", "workbench", keys={"password": {"random": 20}, "user": {"literal": "it's me"}}),),
    )
    high = component("high", obj("Namespace", "shared"), obj("ConfigMap", "high", "shared"), requires=("low",))
    return repository(
        {"low": low, "high": high},
        [["low"], ["high"]],
        {"low": (), "high": ("low",)},
        {"low": 10, "high": 20},
        overlay="test",
        project="lab",
        version="0.1.0",
    )


def test_steps() -> None:
    steps = [(step.name, [part.name for part in step.parts]) for step in example().steps()]
    assert steps == [
        ("00-definitions", ["low-definitions"]),
        ("01-wave-1-objects", ["low"]),
        ("02-wave-1-resources", ["low-resources"]),
        ("03-wave-2-objects", ["high"]),
    ]


def test_a_shared_object_belongs_to_the_first() -> None:
    assert [part.kind for part in example().of("high")] == ["objects"]


def test_releases_of_helm_come_in_order() -> None:
    assert [release.chart for release in helm.releases(example())] == ["namespaces", "low", "low-resources", "high"]
    kinds = [item["kind"] for item in helm.objects_of(example(), "low")]
    assert kinds == ["CustomResourceDefinition", "Deployment", "ValidatingWebhookConfiguration"]


def test_images_are_named_and_those_of_no_registry_said() -> None:
    assert images(example()) == ["ghcr.io/a/b:1", "slipway.local/base:0.1.0"]
    text = readme(example(), "kustomize", None)
    there, nowhere = text.index("`ghcr.io/a/b:1`"), text.index("`slipway.local/base:0.1.0`")
    assert text.index("are in no registry") < nowhere < text.index("Pulled from registries") < there


def test_the_recipe_names_generators_and_quotes() -> None:
    script = secrets.script(example().secrets)
    assert script.splitlines()[-1] == """opaque lab login password random:20 user 'literal:it'"'"'s me'"""
    assert secrets.described(example().secrets[0]) == "password (20 letters and digits), user (the text it's me)"


def test_names_of_files_never_meet() -> None:
    listed = [
        obj("Role", "a", "one"),
        obj("Role", "a", "two"),
        obj("ClusterRole", "system:a"),
        obj("Thing", "a", "one", "x.com/v1"),
        obj("Thing", "a", "one", "y.com/v1"),
    ]
    found = names(listed)
    assert len(found) == len(listed)
    assert "clusterrole-system-a.yaml" in found


@given(st.dictionaries(st.text(min_size=1), st.one_of(st.text(), st.integers(), st.booleans(), st.none())))
def test_what_is_written_is_read(value: dict[str, Any]) -> None:
    assert yaml.safe_load(dump(value)) == value


@pytest.mark.parametrize(
    "text", ["y", "No", "on", "1e3", "0x1f", "0o17", "12:30", "2001-01-01", "~", "", ".5", "1_0", "NaN"]
)
def test_texts_that_other_parsers_misread_are_quoted(text: str) -> None:
    assert dump({"a": text}) == f'a: "{text}"\n'
