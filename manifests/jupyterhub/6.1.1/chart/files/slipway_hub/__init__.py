"""JupyterHub as Slipway configures it: everything comes from the environment, nothing from edited files."""

from slipway_hub.configure import configure

__all__ = ["configure"]
