"""Which failures of the API server pass by themselves, and which never do: one table."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from slipway.diagnosis import remedies
from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError, NoConnection, NotServed, Obj, Ref, ref_of
from slipway.kube.answers import Unavailable
from slipway.kube.client import APISERVICE
from slipway.kube.objects import is_named


@dataclass(frozen=True)
class Expected:
    """What the plan brings: kinds by its CRDs, as (group, kind), and namespaces. ``anew``: what may be made anew."""

    kinds: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    namespaces: frozenset[str] = field(default_factory=frozenset)
    anew: frozenset[Ref] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Failure:
    """``not yet`` is waited for; ``invalid`` fails at once, with its remedy."""

    state: Literal["not yet", "invalid"]
    reason: str
    remedy: str = ""
    #: Who is waited for, and why, when it is not the object itself: ``webhook check.example.com: no endpoints``.
    awaited: str = ""
    #: Seconds after which it is taken for invalid.
    patience: float = math.inf
    #: The line of the table, "" for none.
    name: str = ""


@dataclass(frozen=True)
class _Row:
    """One line of the table. A blank part matches everything.

    ``about`` is the kind that the Status is about, ``cause`` the reason of one of its causes; ``message``, a regular
    expression, is for what the API gives no code for.
    """

    name: str
    state: Literal["not yet", "invalid"]
    remedy: str = ""
    statuses: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()
    message: str = ""
    about: str = ""
    cause: str = ""
    when: Callable[[Ref, Expected], bool] | None = None
    patience: float = math.inf


@dataclass
class BeingDeleted(NotYet):
    """What was applied is on its way out, and would take what is applied to it with it."""


def _planned_kind(ref: Ref, expected: Expected) -> bool:
    return (ref.group, ref.kind) in expected.kinds


def _served_elsewhere(ref: Ref, expected: Expected) -> bool:
    """Whether the kind may be of an APIService: neither the server's own nor of a CRD of the plan."""
    return "." in ref.group and (ref.group, ref.kind) not in expected.kinds


def _planned_namespace(ref: Ref, expected: Expected) -> bool:
    return ref.namespace in expected.namespaces


#: The name of a line: its objects can be judged elsewhere.
NO_NAMESPACE = "the namespace is being created"
#: The name of a line: the namespace says what holds it.
TERMINATING = "the namespace is terminating"
OWNED, _GIVE_UP = "a field belongs to someone else", "give the field up in one of the two places"
_NO_PLACE = "namespaces .* not found"
_NO_KIND = r"no matches for kind|could not find the requested resource"
_CALL = r"failed calling webhook|conversion webhook .* failed"
_UNREADABLE = "failed to create typed patch object|failed to convert new object"
_CORRECT = "correct the manifest or the setting that the field comes from"

#: The first row that matches decides. Sources: the API server's apierrors package and its webhook and quota plugins.
TABLE: tuple[_Row, ...] = (
    _Row("the kind's CRD is not established", "not yet", statuses=(404,), message=_NO_KIND, when=_planned_kind),
    _Row("no CRD brings this kind", "invalid", "install the component that brings it", (404,), message=_NO_KIND),
    _Row(NO_NAMESPACE, "not yet", statuses=(404,), about="namespaces", when=_planned_namespace),
    _Row(
        "the namespace does not exist",
        "invalid",
        "install the component that brings it",
        (404,),
        about="namespaces",
    ),
    # The same, from whoever gives no details.
    _Row(NO_NAMESPACE, "not yet", statuses=(404,), message=_NO_PLACE, when=_planned_namespace),
    _Row("the namespace does not exist", "invalid", "install the component that brings it", (404,), message=_NO_PLACE),
    _Row(TERMINATING, "not yet", statuses=(403, 409), cause="NamespaceTerminating"),
    _Row(TERMINATING, "not yet", statuses=(403, 409), message="is being terminated"),
    _Row("the old object is being deleted", "not yet", statuses=(409,), message="object is being deleted"),
    _Row(OWNED, "invalid", _GIVE_UP, (409,), cause="FieldManagerConflict"),
    _Row(OWNED, "invalid", _GIVE_UP, (409,), message="[Aa]pply failed with .* conflict"),
    _Row("it was changed meanwhile", "not yet", statuses=(409,), reasons=("Conflict",)),
    _Row("it exists", "invalid", statuses=(409,)),
    _Row("the API server is starting", "not yet", statuses=(403,), message="not yet ready to handle request"),
    # Before its roles are read, a server that starts refuses what it allows a moment later.
    _Row("the API server is starting", "not yet", statuses=(403,), message=r"RBAC: .*\bnot found"),
    _Row("its ServiceAccount is being created", "not yet", statuses=(403,), message="error looking up service account"),
    _Row(
        "a webhook refuses it",
        "invalid",
        "change what the webhook names",
        message="admission webhook .* denied",
    ),
    _Row("the quota is used up", "invalid", remedies.REFUSED_QUOTA, (403,), message="exceeded quota"),
    _Row("its Pod Security level", "invalid", remedies.REFUSED_SECURITY, (403,), message="violates PodSecurity"),
    _Row(
        "its requests and limits",
        "invalid",
        remedies.REFUSED_LIMITS,
        (403,),
        message="failed quota: .* must specify|(minimum|maximum) .* per (Container|Pod|PersistentVolumeClaim)",
    ),
    _Row("no such priority", "invalid", "create the PriorityClass", (403,), message="no PriorityClass with name"),
    _Row("not allowed", "invalid", "use a kubeconfig whose user may do this", (403,)),
    _Row("not known to the cluster", "invalid", "use a kubeconfig with valid credentials", (401,)),
    _Row(
        "a field cannot be changed",
        "invalid",
        "delete the object and install again",
        (422,),
        message="immutable|may not be changed|updates to .* are forbidden",
    ),
    _Row("not valid", "invalid", _CORRECT, (400, 422)),
    _Row("too large", "invalid", "make the object smaller", (413,)),
    _Row(
        "its webhook is not ready",
        "not yet",
        "are the pods behind the webhook's Service running? delete the webhook's configuration if nothing serves it",
        (500, 502, 503, 504),
        message=_CALL,
    ),
    _Row(
        "its CRD's new schema is not in force",
        "not yet",
        _CORRECT,
        (500,),
        message="failed to create typed patch object.*field not declared in schema",
        when=_planned_kind,
        patience=15.0,
    ),
    _Row(
        "etcd's space is used up",
        "invalid",
        "compact and defragment etcd, disarm its alarm (etcdctl alarm disarm), or raise --quota-backend-bytes",
        message="database space exceeded",
    ),
    # 500 is what the server says to an object that it cannot read at all.
    _Row("not valid", "invalid", _CORRECT, (500,), message=_UNREADABLE),
    _Row(
        "what serves its group does not answer",
        "not yet",
        APISERVICE,
        (503,),
        ("ServiceUnavailable",),
        when=_served_elsewhere,
    ),
    _Row("the API server cannot answer now", "not yet", statuses=(408, 410, 429, 500, 502, 503, 504)),
)


def classify(error: SlipwayError, ref: Ref, expected: Expected) -> Failure:
    """The verdict over one failed request for ``ref``."""
    if isinstance(error, BeingDeleted):
        return Failure("not yet", error.what, error.remedy, name="the old object is being deleted")
    if isinstance(error, Unavailable):
        return Failure("not yet", error.what, error.remedy, name="its APIService does not answer", patience=30.0)
    if isinstance(error, NoConnection):
        return Failure("not yet", "the API server does not answer")
    if isinstance(error, NotServed):
        error = ApiError("no matches for kind", status=404, reason="NotFound")
    if not isinstance(error, ApiError):
        return Failure("invalid", error.what, error.remedy)
    for row in TABLE:
        if _matches(row, error, ref, expected):
            message = _without_values(error.what, ref) or f"status {error.status}, without a message"
            text = message if row.state == "invalid" and error.what else f"{row.name}: {message}"
            hook = awaited(error.what) if row.message == _CALL else ""
            return Failure(row.state, text, row.remedy, hook, row.patience, row.name)
    return Failure("invalid", f"{error.status} {error.reason}: {_without_values(error.what, ref)}")


def _without_values(message: str, ref: Ref) -> str:
    """The server quotes the value that it cannot read; those of Secrets are nobody's business."""
    return re.sub(r", got &.*", ", got something else (hidden)", message) if ref.kind == "Secret" else message


_HOOK = re.compile(r'calling webhook "([^"]*)"|conversion webhook for ([^\s,]+)')
_SILENT = (
    ("no endpoints available", "no endpoints"),
    (r'service "[^"]*" not found', "its Service does not exist"),
    ("connection refused", "connection refused"),
    ("x509|tls:", "its certificate is not trusted"),
    ("deadline exceeded|[Tt]imeout", "no answer in time"),
)


def awaited(message: str) -> str:
    """``webhook check.example.com: no endpoints``, from what the API server says of a call that failed."""
    match = _HOOK.search(message)
    name = f"webhook {match.group(1) or match.group(2)}" if match else "a webhook"
    why = next((text for pattern, text in _SILENT if re.search(pattern, message)), message.rpartition(": ")[2])
    return f"{name}: {why}"


def _matches(row: _Row, error: ApiError, ref: Ref, expected: Expected) -> bool:
    details = error.body.get("details") or {}
    return (
        (not row.statuses or error.status in row.statuses)
        and (not row.reasons or error.reason in row.reasons)
        and (not row.about or details.get("kind") == row.about)
        and (not row.cause or any(cause.get("reason") == row.cause for cause in details.get("causes") or []))
        and (not row.message or re.search(row.message, error.what) is not None)
        and (row.when is None or row.when(ref, expected))
    )


def causes(error: SlipwayError) -> tuple[str, ...]:
    """``field: message`` for every cause that the API server names."""
    if not isinstance(error, ApiError):
        return error.details
    details = (error.body.get("details") or {}).get("causes") or []
    return tuple(f"{cause.get('field', '')}: {cause.get('message', '')}".lstrip(": ") for cause in details)


def expected_of(objects: Iterable[Obj], replace: Collection[str] = ()) -> Expected:
    """The kinds and namespaces that these objects bring; ``replace`` names those that may be made anew."""
    kinds, namespaces, anew = set(), set(), set[Ref]()
    for obj in objects:
        if is_named(replace, ref := ref_of(obj)):
            anew.add(ref)
        if obj.get("kind") == "CustomResourceDefinition":
            kinds.add((obj["spec"]["group"], obj["spec"]["names"]["kind"]))
        elif obj.get("kind") == "Namespace":
            namespaces.add(obj["metadata"]["name"])
    return Expected(frozenset(kinds), frozenset(namespaces), frozenset(anew))
