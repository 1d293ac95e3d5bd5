"""What an API server answers, when that is not a success; and what a command in a container gives back."""

from __future__ import annotations

from dataclasses import dataclass, field

from slipway.errors import NotYet, SlipwayError
from slipway.kube.objects import Obj


@dataclass
class ApiError(SlipwayError):
    """An answer of the API server that is not a success: ``status`` is the HTTP status, ``reason`` the API's own."""

    status: int = 0
    reason: str = ""
    body: Obj = field(default_factory=dict)


@dataclass
class NoConnection(NotYet):
    """The API server gave no answer: starting, restarting, or out of reach."""


@dataclass
class NotServed(NotYet):
    """The API server does not know this kind: its CRD is missing or not established."""


@dataclass
class Unavailable(NotServed):
    """What serves the kind, an APIService, does not answer: the API server cannot say what there is."""


@dataclass
class NoNamespace(SlipwayError):
    """An object of a kind that lives in namespaces names none."""


@dataclass(frozen=True)
class ExecResult:
    """What a command in a container gave back."""

    code: int
    stdout: str
    stderr: str
