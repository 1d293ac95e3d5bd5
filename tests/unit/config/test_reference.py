"""The reference page says what the schema says."""

from __future__ import annotations

from pathlib import Path

from slipway.config.reference import current, keys
from slipway.documents.validate import load_schema

PAGE = Path(__file__).resolve().parents[3] / "docs" / "configuration.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == current(), "run 'make docs'"


def test_every_leaf_has_a_type_and_a_description() -> None:
    schema = load_schema("slipway.config")
    rows = list(keys(schema))
    assert ("smoke.trials", "integer, 1…1000", "`6`", "trials of the search") in rows
    assert [key for key, kind, _, text in rows if not kind or not text] == []
