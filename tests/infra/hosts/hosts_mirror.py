"""Images for hosts that reach no registry but the test's own, filled as its users fill theirs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from slipway import artifacts
from slipway.progress import Reporter

SLIPWAY = Path(sys.executable).with_name("slipway")
#: Upstream's registries cannot be reached: builds of Slipway's own that have the same commands, under these names.
STAND_INS = {
    "docker.io/library/busybox:1.37.0": "base",
    "docker.io/rancher/local-path-provisioner:v0.0.30": "local-path",
    "quay.io/argoproj/workflow-controller:v3.6.12": "argo36",
    "quay.io/argoproj/workflow-controller:v3.7.18": "argo",
    "quay.io/argoproj/argoexec:v3.6.12": "argo36",
    "quay.io/argoproj/argoexec:v3.7.18": "argo",
    "quay.io/argoproj/argocli:v3.6.12": "argo-server36",
    "quay.io/argoproj/argocli:v3.7.18": "argo-server",
}


def fill(mirror: Any, overlay: str, components: tuple[str, ...], *settings: str) -> None:
    """``slipway images mirror`` of components whose images Slipway builds. Raises AssertionError with its words."""
    command = [str(SLIPWAY), "images", "mirror", "--overlay", overlay, "--to", mirror.host, "--insecure", mirror.host]
    command += ["--no-smoke", *(f"--only={name}" for name in components), *(f"--set={text}" for text in settings)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def stand_in(mirror: Any) -> None:
    """Put builds of Slipway's own there under upstream's names."""
    built = artifacts.ensure(sorted({f"image/{name}" for name in STAND_INS.values()}), Reporter())
    for name, image in STAND_INS.items():
        source, target = built[f"image/{image}"].path, f"{mirror.host}/{name}"
        command = ["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"]
        done = subprocess.run(
            [*command, f"oci:{source}", f"docker://{target}"], capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
