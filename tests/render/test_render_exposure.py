"""Who reaches the gateway of a cloud: the cluster's network, unless a setting says the whole Internet."""

from __future__ import annotations

from typing import Any

import pytest
from slipway import paths
from slipway.catalog import load_catalog
from slipway.render import Facts, render
from slipway.render.images import unchanged

ROOT = paths.distribution()
#: overlay → (annotation, inside, the whole Internet)
CLOUDS = {
    "aks": ("service.beta.kubernetes.io/azure-load-balancer-internal", "true", "false"),
    "eks": ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal", "internet-facing"),
    "gke": ("networking.gke.io/load-balancer-type", "Internal", "External"),
}


def service(objects: Any) -> Any:
    return next(o for o in objects if (o["kind"], o["metadata"]["name"]) == ("Service", "ambassador"))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_load_balancer_is_internal_unless_said_otherwise(rendered: Any, cloud: str) -> None:
    annotation, inside, _ = CLOUDS[cloud]
    found = service(rendered.overlay(cloud)["gateway"].objects)
    assert found["spec"]["type"] == "LoadBalancer"
    assert found["metadata"]["annotations"][annotation] == inside


@pytest.mark.parametrize("cloud", CLOUDS)
def test_one_setting_opens_it_to_the_internet(cloud: str) -> None:
    annotation, _, outside = CLOUDS[cloud]
    given = {"gateway": {"load_balancer": outside}}
    found = render(load_catalog(ROOT, cloud), given, Facts("workbench", lambda: "192.0.2.10"), unchanged)
    assert service(found["gateway"].objects)["metadata"]["annotations"][annotation] == outside


def test_no_other_overlay_asks_for_a_load_balancer(rendered: Any, overlay: str) -> None:
    if overlay not in CLOUDS:
        objects = [obj for item in rendered.overlay(overlay).values() for obj in item.objects]
        assert all((obj.get("spec") or {}).get("type") != "LoadBalancer" for obj in objects if obj["kind"] == "Service")
