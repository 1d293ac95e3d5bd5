"""The schema against the values that it describes: a key that is accepted must be one that is used."""

from __future__ import annotations

from dataclasses import fields

from slipway.documents.validate import load_schema
from slipway.node import NodeConfig
from slipway.smoke.options import SmokeOptions

SCHEMA = load_schema("slipway.config")["properties"]


def test_node_keys_are_those_of_the_node() -> None:
    assert set(SCHEMA["node"]["properties"]) <= {field.name for field in fields(NodeConfig)}


def test_smoke_keys_are_those_of_the_smoke_test() -> None:
    assert set(SCHEMA["smoke"]["properties"]) <= {field.name for field in fields(SmokeOptions)}


def test_every_section_is_described() -> None:
    for name, section in SCHEMA.items():
        described = section.get("description") or section.get("properties") or section.get("$ref")
        assert described, name
