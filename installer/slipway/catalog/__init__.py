"""Components, versions, editions and their dependencies."""

from slipway.catalog.component import Component, Database, Part, ProbeSpec, SecretSpec, Setting, Started
from slipway.catalog.load import Catalog, load_catalog, overlays
from slipway.catalog.selection import Choice

__all__ = [
    "Catalog",
    "Choice",
    "Component",
    "Database",
    "Part",
    "ProbeSpec",
    "SecretSpec",
    "Setting",
    "Started",
    "load_catalog",
    "overlays",
]
