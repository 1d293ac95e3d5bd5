"""``slipway up`` with no cache at all. Only on request (COLD=1): it compiles Kubernetes."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from figure import Figure, timed


def measure() -> list[Figure]:
    """Slipway's own, Go's, pip's and npm's caches are new, and removed afterwards."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
        scratch = Path(directory)
        env = {
            "XDG_CACHE_HOME": str(scratch / "cache"),
            "GOCACHE": str(scratch / "go-build"),
            "GOMODCACHE": str(scratch / "go-mod"),
            "PIP_CACHE_DIR": str(scratch / "pip"),
            "npm_config_cache": str(scratch / "npm"),
        }
        timed("down", "--data")
        seconds = timed("up", env=env)
        # Go keeps its module cache read-only.
        subprocess.run(["chmod", "-R", "u+w", scratch], check=False)
    return [Figure("cold: nothing cached → smoke test passed", seconds, "s", "slipway up, all caches empty", 1500)]
