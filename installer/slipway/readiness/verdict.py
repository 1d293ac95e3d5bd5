"""What a readiness predicate answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from slipway.kube.objects import Obj

State = Literal["ready", "not yet", "failed"]


@dataclass(frozen=True)
class Verdict:
    """``failed`` means that waiting cannot help; ``reason`` says what is missing."""

    state: State
    reason: str = ""

    @property
    def ready(self) -> bool:
        """Whether nothing is left to wait for."""
        return self.state == "ready"


READY = Verdict("ready")


def not_yet(reason: str) -> Verdict:
    """Something that time can bring."""
    return Verdict("not yet", reason)


def failed(reason: str) -> Verdict:
    """Something that time cannot bring."""
    return Verdict("failed", reason)


@dataclass(frozen=True)
class StorageClasses:
    """What a predicate may know beside the object: StorageClass → volumeBindingMode, and the default class."""

    binding_modes: Mapping[str, str] = field(default_factory=dict)
    default_class: str = ""


Predicate = Callable[[Obj, StorageClasses], Verdict]


def condition(obj: Obj, kind: str) -> Obj:
    """The status condition of a type, or {}."""
    for entry in (obj.get("status") or {}).get("conditions") or []:
        if entry.get("type") == kind:
            value: Obj = entry
            return value
    return {}


def is_true(obj: Obj, kind: str) -> bool:
    """Whether a condition is True."""
    return condition(obj, kind).get("status") == "True"


def observed(obj: Obj) -> bool:
    """Whether the controller has seen the newest spec."""
    generation = (obj.get("metadata") or {}).get("generation", 0)
    return bool((obj.get("status") or {}).get("observedGeneration", 0) >= generation)
