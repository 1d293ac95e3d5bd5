"""Kubernetes' versions as pairs that can be compared."""

from __future__ import annotations

import re


def minor(version: str) -> tuple[int, int]:
    """Major and minor of v1.37.2-gke.1; (0, 0) for anything else."""
    match = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)
