"""Settings → the whole configuration object of JupyterHub 5 and 6."""

from __future__ import annotations

import os
import sys
from typing import Any

from slipway_hub import manage, spawner
from slipway_hub.settings import Settings

DATABASE = "/srv/jupyterhub/jupyterhub.sqlite"
CULLER_SCOPES = ["list:users", "read:users:activity", "read:servers", "delete:servers"]


def configure(c: Any, settings: Settings | None = None) -> None:
    """Fill ``c`` (traitlets Config). Cookie secret and proxy token reach JupyterHub by its own variables
    (JPY_COOKIE_SECRET, CONFIGPROXY_AUTH_TOKEN), never through this object."""
    settings = settings or Settings.from_env(os.environ)
    _hub(c)
    _authenticator(c, settings)
    for name, value in spawner.traits(settings, DATABASE).items():
        setattr(c.KubeSpawner, name, value)
    _services(c, settings)


def _hub(c: Any) -> None:
    c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
    c.JupyterHub.db_url = f"sqlite:///{DATABASE}"
    c.JupyterHub.upgrade_db = True
    c.JupyterHub.hub_ip = ""
    c.JupyterHub.hub_bind_url = "http://:8081"
    # Servers live in another namespace: they need the full name of the hub's Service.
    namespace = os.environ.get("POD_NAMESPACE", "jupyterhub")
    c.JupyterHub.hub_connect_url = f"http://hub.{namespace}.svc.cluster.local:8081"
    c.JupyterHub.allow_named_servers = True
    c.JupyterHub.named_server_limit_per_user = 5
    # The proxy is a pod of its own: a restart of the hub leaves users' connections alone.
    c.JupyterHub.cleanup_servers = False
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = f"http://proxy-api.{namespace}.svc.cluster.local:8001"


def _authenticator(c: Any, settings: Settings) -> None:
    c.JupyterHub.authenticator_class = "slipway_hub.authenticator.PasswordAuthenticator"
    c.Authenticator.admin_users = set(settings.admins)
    c.Authenticator.allowed_users = set(settings.admins) | set(settings.users)
    c.PasswordAuthenticator.path = DATABASE
    c.PasswordAuthenticator.admin_password = settings.admin_password


def _services(c: Any, settings: Settings) -> None:
    """The culler, and what ``slipway users`` is to the hub."""
    services: list[dict[str, Any]] = [{"name": manage.SERVICE, "api_token": manage.token(settings.cookie_secret)}]
    roles = [{"name": manage.ROLE, "scopes": manage.SCOPES, "services": [manage.SERVICE]}]
    if settings.cull_after:
        command = [
            sys.executable,
            "-m",
            "jupyterhub_idle_culler",
            f"--timeout={settings.cull_after}",
            "--cull-every=300",
        ]
        services.append({"name": "idle-culler", "command": command})
        roles.append({"name": "idle-culler", "scopes": CULLER_SCOPES, "services": ["idle-culler"]})
    c.JupyterHub.services, c.JupyterHub.load_roles = services, roles
