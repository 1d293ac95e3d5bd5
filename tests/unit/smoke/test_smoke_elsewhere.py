"""The smoke test with another registry than the platform's own."""

from __future__ import annotations

from typing import Any

from slipway.smoke.objects import serving, workflow
from slipway.smoke.options import SmokeOptions


def container(options: SmokeOptions) -> list[str]:
    built = workflow.build(options, "run", "model", "base:1", "image:1")
    found: list[str] = built["spec"]["templates"][1]["container"]["command"]
    return found


def secrets_of(options: SmokeOptions) -> set[str]:
    volumes = workflow.build(options, "run", "model", "base:1", "image:1")["spec"]["volumes"]
    pod: Any = serving.build(options, "run", "image:1")["spec"]["predictors"][0]["componentSpecs"][0]["spec"]
    mounted = {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}
    return mounted | {entry["name"] for entry in pod["imagePullSecrets"]}


def test_the_platforms_own_registry_speaks_plain_http() -> None:
    options = SmokeOptions()
    assert options.own_registry and "--insecure=true" in container(options)
    assert secrets_of(options) == {"regcred"}


def test_another_registry_speaks_tls_unless_told() -> None:
    options = SmokeOptions(registry="europe-docker.pkg.dev/project/models", pull_secret="registry-login")
    assert not options.own_registry and "--insecure=false" in container(options)
    assert secrets_of(options) == {"registry-login"}
    assert "--insecure=true" in container(SmokeOptions(registry="kind-registry:5000", registry_plain=True))
