"""What pods that download trust and ask: the ConfigMap slipway-trust of a project namespace."""
