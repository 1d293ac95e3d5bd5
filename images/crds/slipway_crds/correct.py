"""What controller-gen cannot know of these types, put right in what it wrote."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
#: An object with these is metadata that stands inside another object.
_METADATA = {"annotations", "finalizers", "labels", "name", "namespace"}
#: An object with these is a template of a workflow.
_TEMPLATE = {"container", "script", "steps"}


def corrected(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition without the generator's traces, all its schemas corrected in place."""
    definition.pop("status", None)
    definition["metadata"] = {"name": definition["metadata"]["name"]}
    for version in definition["spec"]["versions"]:
        _walk(version["schema"]["openAPIV3Schema"])
    return definition


def _walk(schema: Any) -> None:
    """Correct a schema and all that it contains."""
    if isinstance(schema, list):
        for item in schema:
            _walk(item)
    elif isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            _metadata(properties)
            _template(properties)
        for value in schema.values():
            _walk(value)


def _metadata(properties: Schema) -> None:
    """The generator leaves generateName out of embedded metadata."""
    if properties.keys() >= _METADATA:
        properties.setdefault("generateName", {"type": "string"})


def _template(properties: Schema) -> None:
    """A template's container needs no name, and its steps are lists of lists, which the Go type only marshals to."""
    if not properties.keys() >= _TEMPLATE:
        return
    for name in ("container", "script"):
        properties[name].pop("required", None)
    inner = properties["steps"]["items"].get("properties", {}).get("steps")
    if inner is not None:
        properties["steps"]["items"] = inner
