"""Whatever a file contains: a configuration, or a BadInput that can be printed. Never another exception."""

from __future__ import annotations

import string
from typing import Any

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from slipway.config.layers import from_environment, from_set, merge
from slipway.config.load import parse_text
from slipway.config.model import Config
from slipway.documents.document import parse
from slipway.documents.validate import load_schema
from slipway.errors import BadInput

SCHEMA = load_schema("slipway.config")
WORDS = sorted({*SCHEMA["properties"], "namespace", "argo", "enabled", "timeout", "settings", "data", "trials", "x"})


def config_or_bad_input(text: str) -> Config | None:
    try:
        return parse_text(text)
    except BadInput as error:
        assert str(error)
        assert error.details
        return None


@given(st.text())
@example("a: 2001-99-99")
@example("? [a]\n: b")
@example("&a [*a]")
@example("- " * 5000)
@example("\x00")
@example("!!python/object:os.system x")
@example("0b: 0b")
@example("a: !!binary x")
@example("a: !!int x")
@example("%YAML 9.9\n---\na: b")
@example("--- a\n--- b")
@settings(max_examples=300, deadline=None)
def test_any_text(text: str) -> None:
    config_or_bad_input(text)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(string.printable, max_size=8)
    | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)


@given(values)
@settings(max_examples=300, deadline=None)
def test_any_value(value: Any) -> None:
    config_or_bad_input(yaml.safe_dump(value))


@given(st.text(), st.text())
@settings(max_examples=200, deadline=None)
def test_any_set_and_variable(key: str, value: str) -> None:
    assert from_set(f"{key}={value}").name.startswith("--set")
    for document in from_environment({f"SLIPWAY_{key}": value, f"SLIPWAY_PROJECT__{key}": value}, SCHEMA):
        assert document.name.startswith("SLIPWAY_")


mappings = st.dictionaries(
    st.sampled_from("abc"), st.integers() | st.dictionaries(st.sampled_from("xy"), st.integers())
)


@given(mappings, mappings)
def test_merging_keeps_what_the_top_does_not_name(base: dict[str, Any], top: dict[str, Any]) -> None:
    merged = merge(base, top)
    assert set(merged) == {*base, *top}
    assert all(merged[key] == base[key] for key in set(base) - set(top))
    assert merge(merged, top) == merged


@given(values)
@settings(max_examples=200, deadline=None)
def test_lines_are_those_of_the_text(value: Any) -> None:
    text = yaml.safe_dump(value)
    document = parse(text, "f")
    assert all(1 <= line <= len(text.splitlines()) for line in document.lines.values())
