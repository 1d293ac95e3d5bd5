"""Components, versions, editions and their dependencies."""

from slipway.catalog.component import Component, SecretSpec, Setting, Started
from slipway.catalog.load import Catalog, load_catalog, overlays

__all__ = ["Catalog", "Component", "SecretSpec", "Setting", "Started", "load_catalog", "overlays"]
