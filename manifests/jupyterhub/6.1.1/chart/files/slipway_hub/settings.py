"""What the hub's pod is told through its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Both are made by the installation; the token of ``slipway users`` follows from the second.
MIN_ADMIN_PASSWORD = MIN_COOKIE_SECRET = 32
EVERYBODY = "*"


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


@dataclass(frozen=True)
class Settings:
    """``volumes`` are names of claims in ``project`` that every server has below the home directory; ``data_writers``
    are users and groups of the hub that may write the claim data, EVERYBODY for all; ``group`` is the supplementary
    group of all servers; ``cull_after`` is in seconds, 0 for never."""

    project: str
    notebook_image: str
    admins: tuple[str, ...]
    users: tuple[str, ...]
    admin_password: str
    cookie_secret: str
    volumes: tuple[str, ...]
    data_writers: tuple[str, ...]
    group: int
    home_size: str
    memory_limit: str
    cpu_limit: float
    cull_after: int

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Raises ValueError, in words, for what cannot be used: the hub then does not start with a weak setting."""
        settings = cls(
            project=env["PROJECT_NAMESPACE"],
            notebook_image=env["NOTEBOOK_IMAGE"],
            admins=_names(env.get("HUB_ADMINS", "admin")),
            users=_names(env.get("HUB_USERS", "")),
            admin_password=env.get("HUB_ADMIN_PASSWORD", ""),
            cookie_secret=env.get("JPY_COOKIE_SECRET", ""),
            volumes=_names(env.get("HUB_VOLUMES", "data,outputs,repos")),
            data_writers=_names(env.get("HUB_DATA_WRITERS", EVERYBODY)),
            group=int(env.get("HUB_GROUP", "100")),
            home_size=env.get("HUB_HOME_SIZE", "2Gi"),
            memory_limit=env.get("HUB_MEMORY_LIMIT", "2G"),
            cpu_limit=float(env.get("HUB_CPU_LIMIT", "2")),
            cull_after=int(env.get("HUB_CULL_AFTER", "3600")),
        )
        if not settings.admins:
            raise ValueError("HUB_ADMINS names no user: nobody could administrate the hub")
        if len(settings.admin_password) < MIN_ADMIN_PASSWORD:
            raise ValueError(f"HUB_ADMIN_PASSWORD has fewer than {MIN_ADMIN_PASSWORD} characters")
        if len(settings.cookie_secret) < MIN_COOKIE_SECRET:
            raise ValueError(f"JPY_COOKIE_SECRET has fewer than {MIN_COOKIE_SECRET} characters")
        return settings
