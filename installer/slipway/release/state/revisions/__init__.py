"""Every install, upgrade and rollback is a numbered revision, kept in the cluster with all that it applied."""

from slipway.release.state.revisions.model import Entry, Origin, Revision, Stored
from slipway.release.state.revisions.store import begin, entries, finish, interrupted, load

__all__ = ["Entry", "Origin", "Revision", "Stored", "begin", "entries", "finish", "interrupted", "load"]
