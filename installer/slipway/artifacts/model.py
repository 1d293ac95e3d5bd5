"""What is built: values only, nothing here touches the disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from slipway.naming import own_image

Kind = Literal["binary", "image"]


@dataclass(frozen=True)
class Rootfs:
    """A file system made of Debian packages; ``env`` goes into the image's configuration."""

    suite: str
    packages: tuple[str, ...]
    user: str = ""
    user_id: int = 0
    env: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ImageSpec:
    """``images/<name>/image.yaml``; ``base`` is an image's name or ``scratch``."""

    name: str
    directory: Path
    description: str
    base: str
    licenses: str
    source: str
    binaries: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()
    rootfs: Rootfs | None = None

    @property
    def reference(self) -> str:
        """The name that manifests use."""
        return own_image(self.name)


@dataclass(frozen=True)
class Restore:
    """A file that a module's zip lacks: a copy of ``source``. Both are relative to the vendored tree; a source that
    begins with ``./`` lies in the Go unit itself."""

    path: str
    source: str


@dataclass(frozen=True)
class GoUnit:
    """``images/<name>/go/``: one Go module, its binaries (name → package), linker variables and build tags."""

    name: str
    directory: Path
    binaries: tuple[tuple[str, str], ...]
    variables: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    vendor: bool = False
    restore: tuple[Restore, ...] = ()


@dataclass(frozen=True)
class Node:
    """One thing to build: ``key`` is the sha256 over all inputs, ``needs`` are the ids of other nodes."""

    kind: Kind
    name: str
    key: str
    needs: tuple[str, ...] = ()
    spec: ImageSpec | GoUnit | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class Artifact:
    """A finished build.

    ``path`` is a directory: of an image its OCI layout, of a Go unit the folder with its binaries.
    ``digest`` is the image's manifest digest (``sha256:…``), empty for binaries; ``size`` is in bytes. ``source`` is
    the upstream project, ``origin`` is where this artifact came from: ``build``, or the URL, registry or bundle.
    ``seconds`` (wall time) and ``cpu_seconds`` (user and system time of all programs) are what building it took.
    """

    kind: Kind
    name: str
    key: str
    path: Path
    digest: str = ""
    size: int = 0
    seconds: float = 0.0
    source: str = ""
    licenses: str = ""
    origin: str = "build"
    cpu_seconds: float = 0.0
