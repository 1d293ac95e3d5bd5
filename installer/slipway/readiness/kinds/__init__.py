"""Kinds of probes that a component.yaml says as data: docs/probes.md.

One module for each kind, named as its key in the schema; ``run(ctx, component, spec)`` returns what the probe says of
the component, raises NotYet for what comes by itself, SlipwayError for what is wrong.
"""
