"""What a command line says beside a command's own options."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """The options that all commands share.

    ``own``: the command is about this machine's cluster, whatever else is said; ``reads``: it changes nothing, and
    needs no catalog, so that the overlay does not matter.
    """

    config: Path | None
    kubeconfig: Path | None
    sets: tuple[str, ...]
    overlay: str = ""
    context: str | None = None
    own: bool = False
    reads: bool = False


@dataclass(frozen=True)
class Overrides:
    """Objects that a user names, KIND/NAME: which that are not Slipway's may be taken over, and which made anew."""

    adopt: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
