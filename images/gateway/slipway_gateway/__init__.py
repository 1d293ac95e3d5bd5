"""The Ambassador API, compact edition: Mappings become the configuration of a stock Envoy."""

__version__ = "0.1.0"
