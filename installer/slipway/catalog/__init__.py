"""Components, versions, editions and their dependencies."""

from slipway.catalog.component import Component, SecretSpec, Setting
from slipway.catalog.load import Catalog, load_catalog, overlays

__all__ = ["Catalog", "Component", "SecretSpec", "Setting", "load_catalog", "overlays"]
