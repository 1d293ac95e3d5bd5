"""Settings → traits of KubeSpawner (kubespawner 7)."""

from __future__ import annotations

from typing import Any

from slipway_hub.settings import Settings

HOME = "/home/jovyan"


def traits(settings: Settings) -> dict[str, Any]:
    """The KubeSpawner traits: servers run in the project namespace, where its claims are."""
    shared = [{"name": f"project-{name}", "persistentVolumeClaim": {"claimName": name}} for name in settings.volumes]
    mounts = [{"name": f"project-{name}", "mountPath": f"{HOME}/{name}"} for name in settings.volumes]
    return {
        "namespace": settings.project,
        "image": settings.notebook_image,
        "image_pull_policy": "IfNotPresent",
        "cmd": ["jupyterhub-singleuser"],
        "default_url": "/lab",
        "notebook_dir": HOME,
        "start_timeout": 180,
        "http_timeout": 90,
        # Servers need no access to the Kubernetes API.
        "automount_service_account_token": False,
        "uid": 1000,
        "gid": 100,
        "fs_gid": 100,
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
            *shared,
        ],
        "volume_mounts": [{"name": "home", "mountPath": HOME}, *mounts],
        "common_labels": {
            "app.kubernetes.io/name": "jupyterhub",
            "app.kubernetes.io/part-of": "slipway",
            "app.kubernetes.io/managed-by": "kubespawner",
        },
    }
