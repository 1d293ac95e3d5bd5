"""Is it ready? Pure predicates of objects, and the components' probes."""

from slipway.readiness.table import ready, watched
from slipway.readiness.verdict import StorageClasses, Verdict

__all__ = ["StorageClasses", "Verdict", "ready", "watched"]
