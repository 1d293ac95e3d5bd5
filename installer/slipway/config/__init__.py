"""slipway.yaml: parsed with positions, checked against one schema, merged from layers."""
