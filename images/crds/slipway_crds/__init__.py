"""Custom resource definitions with full schemas, generated from the Go types in the modules that the images use.

The manifests carry compact schemas: small, quick to apply, and the controllers judge the rest. The full ones check
every field and tell it to ``kubectl explain``, and take megabytes, which is why they are generated when they are wanted
and not in the repository.
"""

from slipway_crds.generate import write
from slipway_crds.sources import SOURCES, Source

__all__ = ["SOURCES", "Source", "write"]
