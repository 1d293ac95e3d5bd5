"""Where the API server is, and who we are to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import kopf

FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def connection(folder: Path = FOLDER) -> kopf.ConnectionInfo:
    """The Pod's service account with its token of this moment, for the kubelet renews it; outside of a cluster the
    kubeconfig's user. The server by its address: DNS may start later than we."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if host:
        return kopf.ConnectionInfo(
            server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
            ca_path=str(folder / "ca.crt"),
            scheme="Bearer",
            token=(folder / "token").read_text().strip(),
        )
    found: Any = kopf.login_with_kubeconfig(settings=kopf.OperatorSettings())
    if found is None:
        raise kopf.PermanentError("no service account and no kubeconfig: cannot reach an API server")
    return found
