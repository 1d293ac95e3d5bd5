"""Which images a component has: in its objects, its settings, and those it starts later."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from slipway.catalog.component import Component
from slipway.images.find import Image, Use, collect, of_components, own
from slipway.kube import Obj
from slipway.render import Rendered
from slipway.workflows.image_list import pulled

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


def rendered(*objects: Obj, settings: Mapping[str, str] = NO_SETTINGS) -> dict[str, Rendered]:
    component = Component("thing", "1", "upstream", "", "things", Path(), images=("thing", "base"))
    return {"thing": Rendered(component, objects, settings, "")}


def deployment(image: str) -> Obj:
    container = {"name": "main", "image": image}
    meta = {"name": "thing", "namespace": "things"}
    spec = {"template": {"spec": {"containers": [container]}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}


def names(images: list[Image]) -> list[str]:
    return [str(image.reference) for image in images]


def test_uses_name_component_object_and_path() -> None:
    found = collect(of_components(rendered(deployment("slipway.local/thing:0.1.0"))))
    assert names(found) == ["slipway.local/base:0.1.0", "slipway.local/thing:0.1.0"]
    assert found[1].uses == (
        Use("thing", "Deployment things/thing", "spec.template.spec.containers[0].image"),
        Use("thing", "component.yaml", "spec.images"),
    )
    assert found[1].components == ("thing",)
    assert found[1].ours


def test_a_component_on_upstreams_images_needs_none_of_ours() -> None:
    assert names(collect(of_components(rendered(deployment("quay.io/a/thing:v1"))))) == ["quay.io/a/thing:v1"]


def test_a_component_without_pods_may_start_some() -> None:
    assert names(collect(of_components(rendered()))) == ["slipway.local/base:0.1.0", "slipway.local/thing:0.1.0"]


def test_settings_may_name_what_a_probe_starts() -> None:
    settings = {"helper_image": "busybox:1.37.0", "storage_class": "a/b:1", "make_image": "true"}
    found = collect(of_components(rendered(settings=settings)))
    assert names(found) == ["docker.io/library/busybox:1.37.0"]
    assert found[0].uses == (Use("thing", "settings", "helper_image"),)


def test_what_users_push_is_theirs() -> None:
    pushed = deployment("registry.registry.svc.cluster.local:5000/model:1")
    ours = deployment("slipway.local/thing:0.1.0")
    assert "registry.registry" not in str(names(collect(of_components(rendered(pushed, ours)))))


def test_two_spellings_are_one_image() -> None:
    one, other = deployment("mysql:8"), deployment("docker.io/library/mysql:8")
    (found,) = collect(of_components(rendered(one, other)))
    assert str(found.reference) == "docker.io/library/mysql:8"


def test_own_images_have_the_manifests_name() -> None:
    assert str(own("argo")) == "slipway.local/argo:0.1.0"


def test_who_is_off_pulls_nothing() -> None:
    (found,) = collect(of_components(rendered(deployment("quay.io/a/thing:v1")), off=["thing"]))
    assert found.off == {"thing"} and pulled([found]) == []
    (on,) = collect(of_components(rendered(deployment("quay.io/a/thing:v1")), off=["other"]))
    assert on.off == frozenset() and pulled([on]) == [on]
    both = collect([(on.reference, on.uses[0]), (on.reference, Use("other", "Pod x/y", off=True))])
    assert pulled(both) == both and both[0].off == {"other"}
