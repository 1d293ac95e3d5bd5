"""Where things lie: the distribution's own files, the cache, the node's state."""

from __future__ import annotations

import os
from pathlib import Path

#: State of the embedded cluster; removed by ``slipway down``, except DATA.
STATE = Path("/var/lib/slipway")
#: What ``slipway down`` keeps unless ``--data`` is given: NFS exports and local volumes.
DATA = STATE / "data"
RUN = Path("/run/slipway")
LOGS = Path("/var/log/slipway")
KUBECONFIG = Path("/etc/kubernetes/admin.conf")


def distribution() -> Path:
    """The directory that holds ``manifests/``, ``overlays/`` and ``images/``: the checkout, or $SLIPWAY_HOME."""
    home = os.environ.get("SLIPWAY_HOME")
    return Path(home) if home else Path(__file__).resolve().parents[2]


def cache() -> Path:
    """The artifact cache: ``$XDG_CACHE_HOME/slipway``."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "slipway"


def journal() -> Path:
    """Where installers keep their journals: ``$XDG_STATE_HOME/slipway/journal``, of root beside the other logs."""
    base = os.environ.get("XDG_STATE_HOME")
    if base is None and os.geteuid() == 0:
        return LOGS / "journal"
    return (Path(base) if base else Path.home() / ".local" / "state") / "slipway" / "journal"
