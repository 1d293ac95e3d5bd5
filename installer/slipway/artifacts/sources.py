"""Where artifacts come from: the configuration's choice, for the whole process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from slipway import paths
from slipway.artifacts import lock
from slipway.artifacts.published import Place
from slipway.errors import BadInput

Source = Literal["auto", "build", "release", "bundle"]


@dataclass(frozen=True)
class Sources:
    """``source``: ``build`` here, take from a ``release`` by its lock file, ``auto``: what can be reached, or from
    the ``bundle`` at ``place``. ``url`` is the directory of a release, ``registry`` has its images
    (``host[:port]/prefix``, with ``http://`` before it where it has no TLS)."""

    source: Source = "auto"
    url: str = ""
    registry: str = ""
    lock: str = ""
    place: Place | None = None

    @property
    def lock_file(self) -> Path:
        """The configured lock file, else the distribution's."""
        return Path(self.lock) if self.lock else paths.distribution() / lock.NAME


_current = [Sources()]


def use(chosen: Sources) -> None:
    """Take artifacts from there, from now on."""
    _current[0] = chosen


def current() -> Sources:
    """What was chosen."""
    return _current[0]


def from_config(value: Mapping[str, Any]) -> Sources:
    """The section ``artifacts`` of a configuration. Raises BadInput for a release that is nowhere."""
    sources = Sources(**value)
    if sources.source == "release" and not (sources.url or sources.registry):
        raise BadInput(
            "the source is 'release', and nothing says where it is",
            "artifacts",
            "set artifacts.url (a directory made by `slipway release create`) or artifacts.registry",
        )
    return sources
