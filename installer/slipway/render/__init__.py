"""Manifests and settings → objects."""

from slipway.render.render import Rendered, render
from slipway.render.settings import Facts

__all__ = ["Facts", "Rendered", "render"]
