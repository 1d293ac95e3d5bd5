"""The changes that a step asks for."""

from __future__ import annotations

from dataclasses import dataclass

from slipway_katib.names import Obj


@dataclass(frozen=True)
class SetStatus:
    """Write the status of ``obj``, on the condition that nobody changed the object since it was read."""

    obj: Obj
    status: Obj


@dataclass(frozen=True)
class SetRequests:
    """Write spec.requests of a Suggestion, on the same condition."""

    obj: Obj
    requests: int


@dataclass(frozen=True)
class Create:
    """Create; an object of this name that exists is as good."""

    obj: Obj


@dataclass(frozen=True)
class Delete:
    """Delete with everything that it owns; ``foreground`` keeps the object until its pods are gone."""

    obj: Obj
    foreground: bool = False


@dataclass(frozen=True)
class SetFinalizers:
    """Write metadata.finalizers of ``obj``, on the same condition as a status."""

    obj: Obj
    finalizers: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """An Event about ``obj``; ``warning`` makes it one of type Warning."""

    obj: Obj
    reason: str
    message: str
    warning: bool = False


Action = SetStatus | SetRequests | SetFinalizers | Create | Delete | Note
