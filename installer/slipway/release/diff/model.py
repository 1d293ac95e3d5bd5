"""Differences as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from slipway.kube import Obj, Ref

#: ``replace``: it cannot be changed, and is deleted and made anew; ``keep``: it left the manifests and is not deleted;
#: ``invalid``: the API server would refuse it.
Action = Literal["create", "change", "replace", "delete", "keep", "invalid"]


@dataclass(frozen=True)
class Field:
    """One field: ``path`` as in ``spec.containers[name=main].image``; None stands for absent. ``owner``: the field
    manager that wrote the present value, where it is not Slipway's, ``at`` when it last wrote (RFC 3339, "" where the
    server does not say), and ``through`` the subresource that it wrote to (scale, status), "" for the object itself."""

    path: str
    before: Any
    after: Any
    owner: str = ""
    at: str = ""
    through: str = ""

    @property
    def writer(self) -> str:
        """``kubectl through scale at 2026-11-28T09:00:00Z``, as much of it as is known."""
        through, at = (f" through {self.through}" if self.through else ""), (f" at {self.at}" if self.at else "")
        return f"{self.owner}{through}{at}" if self.owner else ""


@dataclass(frozen=True)
class Change:
    """What would happen to one object. ``guess`` says why the API server could not be asked, "" when it was;
    ``before`` and ``after`` are the objects without what the server writes; ``file`` is the manifest, where known.
    ``remedy`` and ``causes`` (``field: message``) are of what is invalid."""

    component: str
    ref: Ref
    action: Action
    fields: tuple[Field, ...] = ()
    guess: str = ""
    why: str = ""
    before: Obj | None = None
    after: Obj | None = None
    file: str = ""
    remedy: str = ""
    causes: tuple[str, ...] = ()
