"""Records that somebody has damaged: any of their bytes, any of their parts. None of it is a traceback."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from slipway.catalog import Component, SecretSpec, Setting, Started
from slipway.kube import Ref
from slipway.release.state import journal
from slipway.release.state.inventory import (
    CHECKSUM,
    Record,
    Release,
    damages,
    record_object,
    record_of,
    release_object,
    release_of,
)
from slipway.release.state.reading import ref, started
from slipway.release.state.revisions import Origin, Revision, Stored
from slipway.release.state.revisions.model import decode, encode

OBJECTS = (Ref("apps/v1", "Deployment", "argo", "server"), Ref("v1", "Namespace", "", "argo"))
RECORD = Record(
    "argo", "3.7.1", "upstream", "ready", "sha256:abc", "gke", ("storage", "registry"), {"size": "1Gi"}, OBJECTS,
    (Ref("v1", "Secret", "argo", "login"),), (Started("v1", "Pod", "argo", "app=x"),), "2026-01-02T03:04:05Z", 12.5,
)  # fmt: skip
RELEASE = Release(3, "gke", "lab", "0.1.0", "2026-01-02T03:04:05Z", {"argo": "3.7.1"}, 3, "then", "a-b-c")
MAP: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "argo"}}
COMPONENT = Component(
    "argo", "3.7.1", "upstream", "", "argo", Path(), ("storage",),
    settings=(Setting("size", "quantity", "how much", "1Gi", enum=("1Gi", "2Gi")),),
    secrets=(SecretSpec("login", "argo", keys={"password": {"random": 20}}),),
    starts=(Started("v1", "Pod", "workbench", "app=x"),),
)  # fmt: skip
REVISION = Revision(
    3, Origin("upgrade", "operator@host", {"overlay": "gke"}), "gke", "lab", "0.1.0", "2026-01-02T03:04:05Z",
    {"argo": Stored(COMPONENT, {"size": "1Gi"}, "sha256:abc", (MAP,))},
)  # fmt: skip

#: Values of every type, also deep ones.
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
#: What a part may be instead: missing, any text, JSON of another type, nested without end, more digits than fit.
parts = (
    st.none() | st.text() | values.map(json.dumps) | st.sampled_from(("[" * 100_000, "9" * 5000, "1e999", "nan", "-1"))
)


@st.composite
def spoilt(draw: st.DrawFn, text: str | bytes) -> Any:
    """The text with a range of it cut out, or replaced."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    new = draw(st.binary(max_size=4) if isinstance(text, bytes) else st.text(max_size=4))
    return text[:start] + new + text[end:]  # type: ignore[operator]


def sound(record: Record) -> None:
    """It is a record, whatever was in it, and can be written again."""
    assert record.state in ("installing", "ready", "failed")
    assert record.component == "argo"
    assert all(item.name and item.kind and item.api_version for item in record.all)
    # A selector that is empty would mean everything in a namespace.
    assert all(item.labels.strip() and item.namespace for item in record.starts)
    assert "argo" not in record.requires
    again = record_of(record_object(record))
    assert again.all == record.all
    if record.damage:
        assert (record.digest, record.state == "ready") == ("", False)
        assert "its record is damaged" in damages({"argo": record})[0]


@given(st.sampled_from(sorted(record_object(RECORD)["data"])), st.data())
def test_every_range_of_a_record(key: str, data: st.DataObject) -> None:
    obj = record_object(RECORD)
    before = obj["data"][key]
    obj["data"][key] = data.draw(spoilt(before))
    found = record_of(obj)
    sound(found)
    # No change goes unnoticed.
    assert (found.damage != ()) == (obj["data"][key] != before)


@given(st.dictionaries(st.sampled_from(sorted(record_object(RECORD)["data"])), parts, min_size=1), st.booleans())
def test_every_part_of_a_record(changes: dict[str, Any], checked: bool) -> None:
    obj = record_object(RECORD)
    obj["data"] = {key: text for key, text in (obj["data"] | changes).items() if text is not None}
    if not checked:
        # An earlier version wrote no checksum.
        del obj["metadata"]["annotations"][CHECKSUM]
    sound(record_of(obj))


@pytest.mark.parametrize("data", [None, [], "text", {}])
def test_a_record_without_anything(data: Any) -> None:
    found = record_of({**record_object(RECORD), "data": data})
    sound(found)
    assert found.damage


def test_what_can_be_read_is() -> None:
    obj = record_object(RECORD)
    objects = json.loads(obj["data"]["objects"])
    obj["data"]["objects"] = json.dumps(
        [objects[0], 5, ["v1"], ["v1", "ConfigMap", "a", ""], ["v1", "Pod", "a", "b/c"]]
    )
    found = record_of(obj)
    assert found.objects == (OBJECTS[0],)
    assert found.version == "3.7.1"
    assert found.damage == ("objects: 4 of 5 entries cannot be read",)
    assert damages({"argo": found}) == [
        "argo: its record is damaged: objects: 4 of 5 entries cannot be read; slipway install repairs it"
    ]


NO_OBJECTS: tuple[Any, ...] = (
    5, None, [], ["v1", "Pod", "a"], ["v1", "Pod", "a", ".."], ["v1", "Pod", "a", 1], ["v1", "Pod", "a", ""],
    ["v1/x/y", "Pod", "a", "b"], ["v1", "pod", "a", "b"], ["v1", "Pod", "a/b", "c"],
)  # fmt: skip


@pytest.mark.parametrize("value", NO_OBJECTS)
def test_what_names_no_object(value: Any) -> None:
    with pytest.raises(ValueError):
        ref(value)


@pytest.mark.parametrize("labels", ["", "  "])
def test_what_would_select_everything(labels: str) -> None:
    with pytest.raises(ValueError):
        started(["v1", "Pod", "a", labels])


@given(st.sampled_from(sorted(release_object(RELEASE)["data"])), st.data())
def test_every_range_of_the_release(key: str, data: st.DataObject) -> None:
    obj = release_object(RELEASE)
    obj["data"][key] = data.draw(spoilt(obj["data"][key]))
    assert release_of(obj).revision >= 0


@given(st.dictionaries(st.sampled_from(sorted(release_object(RELEASE)["data"])), parts, min_size=1))
def test_every_part_of_the_release(changes: dict[str, Any]) -> None:
    obj = release_object(RELEASE)
    obj["data"] = {key: text for key, text in (obj["data"] | changes).items() if text is not None}
    found = release_of(obj)
    assert found.revision >= 0
    assert found.revision or found.damage
    assert all(isinstance(text, str) for pair in found.components.items() for text in pair)


def test_a_whole_revision_is_read_as_it_was_written() -> None:
    assert decode(encode(REVISION)) == REVISION


@given(st.data())
def test_every_range_of_a_revision(data: st.DataObject) -> None:
    """Its bytes have a checksum of their own (gzip)."""
    whole = encode(REVISION)
    given_bytes = data.draw(spoilt(whole))
    try:
        assert decode(given_bytes) == REVISION
    except ValueError as error:
        assert "revision" in str(error)


def inside(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all that is in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in inner for found in ((*path, key), *inside(item, (*path, key)))]


PATHS = inside(json.loads(gzip.decompress(encode(REVISION))))


@example(("components", "argo", "objects", 0, "metadata", "namespace"), [None], False)
@given(st.sampled_from(PATHS), values, st.booleans())
def test_every_part_of_a_revision(path: tuple[Any, ...], new: Any, without: bool) -> None:
    whole = json.loads(gzip.decompress(encode(REVISION)))
    *way, last = path
    at = whole
    for key in way:
        at = at[key]
    if without:
        del at[last]
    else:
        at[last] = new
    try:
        found = decode(gzip.compress(json.dumps(whole).encode()))
    except ValueError:
        return
    # Whatever is taken for a revision can be used as one.
    assert encode(found)
    for item in found.components.values():
        assert len(item.rendered("here").refs) == len(item.objects)


@given(st.data())
def test_every_range_of_a_journal(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    lines = [
        {"time": "t", "event": "begin", "server": "s", "action": "install", "holder": "o@h, process 1 begun at 2-3"},
        {"time": "t", "event": "said", "subject": "argo", "text": "argo: waiting"},
        {"time": "t", "event": "end", "how": "done"},
    ]
    place = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(place))
        patch.setattr("slipway.paths.journal", lambda: place)
        (place / "1.jsonl").write_bytes(data.draw(spoilt("\n".join(map(json.dumps, lines)).encode())))
        for run in journal.runs():
            assert run.killed in (True, False)
            assert all(isinstance(text, str) for text in (run.server, run.action, run.began, *run.last.values()))
