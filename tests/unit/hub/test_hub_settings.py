"""The hub's environment → its configuration."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from slipway_hub import configure, spawner
from slipway_hub.settings import Settings

ENV = {
    "PROJECT_NAMESPACE": "lab",
    "NOTEBOOK_IMAGE": "slipway.local/notebook:abc",
    "HUB_USERS": " scientist, , analyst,scientist",
    "HUB_ADMIN_PASSWORD": "a" * 40,
    "JPY_COOKIE_SECRET": "c" * 64,
    "HUB_VOLUMES": "data,outputs",
    "HUB_GROUP": "20000",
}


class Config(SimpleNamespace):
    """Like traitlets' Config: an unknown section comes into being when asked for."""

    def __getattr__(self, name: str) -> Any:
        section = Config()
        setattr(self, name, section)
        return section


def test_names_are_trimmed_and_unique() -> None:
    assert Settings.from_env(ENV).users == ("scientist", "analyst")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"HUB_ADMIN_PASSWORD": ""}, "HUB_ADMIN_PASSWORD has fewer"),
        ({"HUB_ADMIN_PASSWORD": "a" * 31}, "HUB_ADMIN_PASSWORD has fewer"),
        ({"JPY_COOKIE_SECRET": ""}, "JPY_COOKIE_SECRET has fewer"),
        ({"HUB_ADMINS": " , "}, "nobody could administrate"),
    ],
)
def test_weak_settings_are_refused(change: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Settings.from_env({**ENV, **change})


def test_servers_mount_home_and_every_volume_of_the_project() -> None:
    traits = spawner.traits(Settings.from_env(ENV), ":memory:")
    mounts = {mount["name"]: mount["mountPath"] for mount in traits["volume_mounts"]}
    assert mounts == {
        "home": "/home",
        "trust": "/etc/slipway/trust",
        "project-data": "/project/data",
        "project-outputs": "/project/outputs",
    }
    assert {volume["name"] for volume in traits["volumes"]} == set(mounts)
    assert traits["namespace"] == "lab"


def test_servers_are_unprivileged_and_have_no_api_token() -> None:
    traits = spawner.traits(Settings.from_env(ENV), ":memory:")
    assert traits["automount_service_account_token"] is False
    assert traits["container_security_context"]["allowPrivilegeEscalation"] is False
    assert traits["container_security_context"]["runAsNonRoot"] is True
    assert traits["supplemental_gids"] == [20000]
    assert traits["working_dir"] != spawner.HOME, "the runtime would make it as root"


def test_admins_and_users_have_different_rights() -> None:
    config = Config()
    configure(config, Settings.from_env(ENV))
    assert config.Authenticator.admin_users == {"admin"}
    assert config.Authenticator.allowed_users == {"admin", "scientist", "analyst"}
    assert config.JupyterHub.authenticator_class == "slipway_hub.authenticator.PasswordAuthenticator"
    assert config.PasswordAuthenticator.admin_password == ENV["HUB_ADMIN_PASSWORD"]


@pytest.mark.parametrize(("seconds", "services"), [("0", {"slipway"}), ("900", {"slipway", "idle-culler"})])
def test_culling_can_be_switched_off(seconds: str, services: set[str]) -> None:
    config = Config()
    config.JupyterHub.services = []
    configure(config, Settings.from_env({**ENV, "HUB_CULL_AFTER": seconds}))
    assert {service["name"] for service in config.JupyterHub.services} == services
