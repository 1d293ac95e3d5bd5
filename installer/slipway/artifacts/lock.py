"""artifacts.lock.yaml: which content each published artifact has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from slipway.artifacts import documents
from slipway.artifacts.encoded import SUFFIX, Stored
from slipway.artifacts.fetch import Wanted

NAME = "artifacts.lock.yaml"
FORMAT = 1


@dataclass(frozen=True)
class Blob:
    """One file: ``size`` (bytes) of its content; ``stored`` is how it is kept, None: as it is, at ``url``."""

    size: int
    stored: Stored | None = None
    url: str = ""


@dataclass(frozen=True)
class Entry:
    """An artifact: ``key`` of what it was built from; an image's manifest ``digest`` or a binary's ``files``
    (name → ``sha256:…``)."""

    key: str
    digest: str = ""
    size: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    licenses: str = ""


@dataclass(frozen=True)
class Lock:
    """``artifacts`` by the node's id (``image/argo``), ``blobs`` by ``sha256:…``."""

    architecture: str
    artifacts: Mapping[str, Entry] = field(default_factory=dict)
    blobs: Mapping[str, Blob] = field(default_factory=dict)

    def wanted(self, digest: str, base: str) -> Wanted:
        """What to download for a blob from a release at the URL ``base``."""
        blob = self.blobs[digest]
        if blob.stored is None:
            return Wanted(blob.url, digest.removeprefix("sha256:"), blob.size)
        return Wanted(blob.url or f"{base.rstrip('/')}/{path(digest)}", blob.stored.sha256, blob.stored.size)


def path(digest: str) -> str:
    """Where releases and bundles keep a blob."""
    return f"blobs/{digest.replace(':', '/')}{SUFFIX}"


def read(file: Path) -> Lock:
    """The lock file. Raises BadInput with the line."""
    return from_value(documents.load(file, "lock"))


def from_value(value: Mapping[str, Any]) -> Lock:
    """The lock of a checked value."""
    blobs = {}
    for digest, item in value["blobs"].items():
        kept = Stored(**item["stored"]) if "stored" in item else None
        blobs[digest] = Blob(item["size"], kept, item.get("url", ""))
    return Lock(value["architecture"], {name: Entry(**item) for name, item in value["artifacts"].items()}, blobs)


def to_text(lock: Lock) -> str:
    """The file's text; the same lock gives the same text."""
    artifacts = {
        name: {key: dict(item) if isinstance(item, Mapping) else item for key, item in vars(entry).items() if item}
        for name, entry in lock.artifacts.items()
    }
    blobs: dict[str, dict[str, Any]] = {}
    for digest, blob in lock.blobs.items():
        kept = {"stored": dict(vars(blob.stored))} if blob.stored else {}
        blobs[digest] = {"size": blob.size, **kept, **({"url": blob.url} if blob.url else {})}
    value = {"format": FORMAT, "architecture": lock.architecture, "artifacts": artifacts, "blobs": blobs}
    return "# Written by slipway: what was published, by checksum.\n" + yaml.safe_dump(value, sort_keys=True, width=120)
