"""Whatever a file contains, the command says where the fault stands (exit code 2) or takes it: never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from slipway.cli.main import main
from slipway.documents.validate import load_schema

SCHEMA = load_schema("slipway.config")
KEYS = sorted(
    {*SCHEMA["properties"], *(key for node in SCHEMA["properties"].values() for key in node.get("properties") or {})}
)
WORDS = [
    *KEYS,
    "argo",
    "katib",
    "enabled",
    "version",
    "edition",
    "timeout",
    "upstream",
    "compact",
    "gke",
    "3.6.19",
    "x",
]
Validate = Callable[[bytes], str]


@pytest.fixture
def validate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Validate:
    """``slipway config validate`` in this process: checks what must always hold, returns what was said."""
    monkeypatch.chdir(tmp_path)

    def run(text: bytes) -> str:
        Path("f.yaml").write_bytes(text)
        with pytest.raises(SystemExit) as ended:
            main(["config", "validate", "f.yaml"])
        shown = capsys.readouterr()
        if ended.value.code == 0:
            assert shown.out.startswith("valid: overlay ")
            return shown.out
        assert ended.value.code == 2, shown.err
        assert shown.out == ""
        assert "Traceback" not in shown.err
        assert re.search(r"f\.yaml:\d+: ", shown.err), shown.err
        return shown.err

    return run


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.dates()
    | st.binary(max_size=4)
    | st.sampled_from(WORDS)
)
keys = st.sampled_from(WORDS) | st.integers() | st.none() | st.booleans()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
#: Closer to what is accepted: sections with their own keys.
sections = st.fixed_dictionaries(
    {},
    optional={
        name: st.dictionaries(st.sampled_from(sorted(node.get("properties") or WORDS)), scalars | values, max_size=3)
        if node.get("type") == "object"
        else scalars
        for name, node in SCHEMA["properties"].items()
    },
)
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@given(st.binary(max_size=200))
@example(b"\x00\x01\xff\xfe")
@example("overlay: ci".encode("utf-16"))
@example(b"smoke:\n\ttrials: 3\n")
@example(b"[" * 20000)
@example(b"{a: " * 5000)
@example(b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n")
@example(b"&a {b: *a}")
@example(b"smoke: {trials: 1" + 5000 * b"0" + b"}")
@example(b"smoke: {min_accuracy: 1e999999}")
@example(b"overlay: !!timestamp x")
@example(b"smoke: {keep: !!bool maybe, min_accuracy: !!float ''}")
@example(b"? {a: b}\n: c\n")
@example(b'overlay: "\\ud800"')
@example(b"overlay: ci\n---\noverlay: ci\n")
@example(b"overlay: ../../etc")
@example(b"components: {argo: {version: '99'}}")
@example(b"components: {storage: {enabled: false}}")
@example(b'"' + 200000 * b"k" + b'": 1')
@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
def test_any_bytes(validate: Validate, text: bytes) -> None:
    validate(text)


@given(values | sections)
@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
def test_any_value(validate: Validate, value: Any) -> None:
    validate(yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass"))


def test_a_sound_one_is_taken(validate: Validate) -> None:
    assert validate(b"overlay: ci\n").startswith("valid: overlay ci, ")
    assert "f.yaml:2: components.argo.version" in validate(b"components: {argo: {\n  version: '99'}}")
    assert "f.yaml:1: components.storage.enabled: 'argo' needs" in validate(b"components: {storage: {enabled: false}}")
    assert "f.yaml:3: overlay: no overlay 'gkee' (did you mean 'gke'?)" in validate(b"\n\noverlay: gkee\n")
