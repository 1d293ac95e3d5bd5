"""Settings → traits of KubeSpawner (kubespawner 7)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from slipway_hub.ids import id_of
from slipway_hub.settings import EVERYBODY, Settings

#: The home volume, and in it the directory that is the user's own: whoever makes a volume, its top is not.
HOMES = "/home"
HOME = f"{HOMES}/jovyan"
#: The project's claims; the home has links to them.
PROJECT = "/project"
TRUST = "/etc/slipway/trust"
#: The claim that may be read-only.
DATA = "data"


def traits(settings: Settings, database: str) -> dict[str, Any]:
    """The KubeSpawner traits: servers run in the project namespace, where its claims are, as the user's own id.

    ``database`` is the SQLite file in which the ids are kept.
    """
    shared = [{"name": f"project-{name}", "persistentVolumeClaim": {"claimName": name}} for name in settings.volumes]
    mounts = [{"name": f"project-{name}", "mountPath": f"{PROJECT}/{name}"} for name in settings.volumes]
    own = user_id(database)
    return {
        "namespace": settings.project,
        "image": settings.notebook_image,
        "image_pull_policy": "IfNotPresent",
        "cmd": ["/bin/sh", "-ec", start(), "start"],
        # The image's own might be made by the runtime, as root, in the home volume.
        "working_dir": "/tmp",  # noqa: S108
        "environment": {"HOME": HOME},
        "default_url": "/lab",
        "notebook_dir": HOME,
        "start_timeout": 180,
        "http_timeout": 90,
        # Servers need no access to the Kubernetes API.
        "automount_service_account_token": False,
        "uid": own,
        "gid": own,
        "fs_gid": settings.group,
        "supplemental_gids": [settings.group],
        "container_security_context": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "cpu_guarantee": 0.05,
        "cpu_limit": settings.cpu_limit,
        "mem_guarantee": "128M",
        "mem_limit": settings.memory_limit,
        "storage_pvc_ensure": True,
        "storage_capacity": settings.home_size,
        "storage_access_modes": ["ReadWriteOnce"],
        "pvc_name_template": "claim-{user_server}",
        "volumes": [
            {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
            {"name": "trust", "configMap": {"name": "slipway-trust", "optional": True}},
            *shared,
        ],
        "volume_mounts": [
            {"name": "home", "mountPath": HOMES},
            {"name": "trust", "mountPath": TRUST, "readOnly": True},
            *mounts,
        ],
        "modify_pod_hook": read_only_data(settings),
        "common_labels": {
            "app.kubernetes.io/name": "jupyterhub",
            "app.kubernetes.io/part-of": "slipway",
            "app.kubernetes.io/managed-by": "kubespawner",
        },
    }


def start() -> str:
    """The shell script that a server starts with."""
    return Path(__file__).with_name("start.sh").read_text(encoding="utf-8")


def user_id(database: str) -> Callable[[Any], Awaitable[int]]:
    """Spawner → its user's id; asked for in a thread, for the hub itself may be writing to the file."""

    async def of(spawner: Any) -> int:
        return await asyncio.to_thread(id_of, database, spawner.user.name)

    return of


def read_only_data(settings: Settings) -> Callable[[Any, Any], Any]:
    """(spawner, pod) → the pod, its claim ``data`` read-only unless the user, or a group of his, may write there."""

    def modify(spawner: Any, pod: Any) -> Any:
        names = {spawner.user.name, *(group.name for group in spawner.user.groups)}
        writers = {*settings.data_writers, *settings.admins}
        if EVERYBODY not in writers and not names & writers:
            for mount in pod.spec.containers[0].volume_mounts:
                if mount.name == f"project-{DATA}":
                    mount.read_only = True
        return pod

    return modify
