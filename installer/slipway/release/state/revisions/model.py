"""A revision as a value, and as bytes."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from slipway.catalog import Component, Database, ProbeSpec, SecretSpec, Setting, Started
from slipway.kube import Obj, ref_of
from slipway.readiness import probe
from slipway.release.state.reading import UNREADABLE
from slipway.release.state.typed import fits
from slipway.render import Rendered

Action = Literal["install", "upgrade", "rollback"]
#: ``deploying`` is one that runs, or whose installer was killed (then: interrupted).
State = Literal["deploying", "deployed", "failed", "interrupted"]


@dataclass(frozen=True)
class Origin:
    """Who asked for it, and for what. ``config`` is the merged configuration; ``note`` e.g. "to revision 3"."""

    action: Action = "install"
    who: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Stored:
    """One component of a revision: its declaration, the values of its settings, the objects that were applied."""

    component: Component
    settings: Mapping[str, str]
    digest: str
    objects: tuple[Obj, ...]

    def rendered(self, source: str = "") -> Rendered:
        """As the engine applies it. ``source`` stands for the files, which a revision does not know."""
        files = {ref_of(obj): source for obj in self.objects} if source else {}
        return Rendered(self.component, self.objects, self.settings, self.digest, files)


@dataclass(frozen=True)
class Revision:
    """What one installation left in the cluster, components it did not touch included. ``began`` is RFC 3339, UTC;
    ``version`` that of Slipway."""

    number: int
    origin: Origin
    overlay: str
    project: str
    version: str
    began: str
    components: Mapping[str, Stored] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A line of the history. ``seconds`` is None while it runs."""

    number: int
    action: str
    state: State
    began: str
    who: str
    overlay: str
    version: str
    seconds: float | None = None
    components: str = ""
    note: str = ""
    #: What of it could not be read.
    damage: tuple[str, ...] = ()


def encode(revision: Revision) -> bytes:
    """Compressed JSON; the same revision gives the same bytes."""
    # asdict would copy every object of every component, value by value.
    value = {**asdict(replace(revision, components={})), "components": {}}
    for name, stored in revision.components.items():
        component = {**asdict(stored.component), "path": ""}
        value["components"][name] = {**vars(stored), "component": component, "settings": dict(stored.settings)}
    return gzip.compress(json.dumps(value, sort_keys=True, separators=(",", ":")).encode(), mtime=0)


def decode(data: bytes) -> Revision:
    """The revision in these bytes; what a later version added is left out. Raises ValueError for damaged ones."""
    try:
        value = json.loads(gzip.decompress(data))
        components = {name: _stored(item) for name, item in value.pop("components").items()}
        revision = Revision(
            **{**_known(Revision, value), "origin": Origin(**_known(Origin, value["origin"]))}, components=components
        )
    except (OSError, EOFError, zlib.error, *UNREADABLE, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a revision: {error}") from error
    # A component's path is empty here, and its objects are whatever was applied.
    if not fits(revision, Revision) or not all(_named(obj) for item in components.values() for obj in item.objects):
        raise ValueError("not a revision: something in it is of a wrong type")
    return revision


def _named(obj: Obj) -> bool:
    """Whether it is as much of an object as everything else relies on."""
    meta = obj.get("metadata")
    if not isinstance(meta, dict) or not isinstance(meta.get("namespace") or "", str):
        return False
    return all(isinstance(text, str) and text for text in (obj.get("apiVersion"), obj.get("kind"), meta.get("name")))


def _stored(value: Mapping[str, Any]) -> Stored:
    known = _known(Component, value["component"])
    names = ("requires", "after", "images", "upgrade_from", "classes")
    lists = {name: tuple(known.get(name) or ()) for name in names}
    nested = {
        "settings": tuple(Setting(**_setting(item)) for item in known.get("settings") or ()),
        "secrets": tuple(SecretSpec(**_secret(item)) for item in known.get("secrets") or ()),
        "probes": tuple(_probes(known["name"], known.get("probes") or ())),
        # Only what is rendered needs them.
        "parts": (),
        "starts": tuple(Started(**_known(Started, item)) for item in known.get("starts") or ()),
        "databases": tuple(Database(**_known(Database, item)) for item in known.get("databases") or ()),
    }
    component = Component(**{**known, **lists, **nested, "path": Path()})
    return Stored(component, value["settings"], value["digest"], tuple(value["objects"]))


def _probes(component: str, items: Iterable[Any]) -> Iterator[ProbeSpec]:
    """Earlier versions wrote names alone, of functions; one that has become data since then is asked no more."""
    for item in items:
        if not isinstance(item, str):
            yield ProbeSpec(**_known(ProbeSpec, item))
        elif probe.function(component, item) is not None:
            yield ProbeSpec(item)


def _setting(value: Mapping[str, Any]) -> dict[str, Any]:
    fields = _known(Setting, value)
    return {**fields, "enum": tuple(fields["enum"])} if fields.get("enum") is not None else fields


def _secret(value: Mapping[str, Any]) -> dict[str, Any]:
    fields = _known(SecretSpec, value)
    when = {name: tuple(values) for name, values in (fields.get("when") or {}).items()}
    return {**fields, "names": tuple(fields.get("names") or ()), "when": when}


def _known(kind: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    names = {item.name for item in fields(kind)}
    return {key: inner for key, inner in value.items() if key in names}
