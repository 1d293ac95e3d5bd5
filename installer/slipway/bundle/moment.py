"""When a bundle was made, so that the same sources give the same bytes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from slipway.artifacts.hostnet import EPOCH
from slipway.errors import BadInput


def of_sources(root: Path, environ: Mapping[str, str] = os.environ) -> datetime:
    """``SOURCE_DATE_EPOCH`` (reproducible-builds.org), else the time of the checkout's commit, else the time that all
    our artifacts have. Raises BadInput where the variable is not a number of seconds."""
    epoch = environ.get("SOURCE_DATE_EPOCH", "")
    try:
        seconds = int(epoch) if epoch else _commit(root)
        return datetime.fromtimestamp(EPOCH if seconds is None else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        remedy = "set it to seconds since 1970, or unset it"
        raise BadInput(f"{epoch!r} is not a number of seconds", "SOURCE_DATE_EPOCH", remedy) from None


def _commit(root: Path) -> int | None:
    if not (root / ".git").exists():
        return None
    # A checkout of another user's is read, no more.
    words = ["git", "-c", f"safe.directory={root}", "-C", str(root), "log", "-1", "--format=%ct"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip() else None
