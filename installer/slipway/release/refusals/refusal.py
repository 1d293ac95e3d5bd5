"""Why the server refuses a change, and whether making the object anew would help: by asking it, not by its words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from slipway.errors import SlipwayError
from slipway.kube import ApiError, Client, Obj, ref_of
from slipway.release.diff.model import Change
from slipway.release.refusals import dry_run
from slipway.release.refusals.claims import growth
from slipway.release.refusals.classify import Failure

#: What is lost with an object that is made anew.
LOST: Mapping[str, str] = {
    "PersistentVolumeClaim": "its data, unless its volume has the reclaim policy Retain",
    "PersistentVolume": "its binding to the claim",
    "Job": "its pods, their logs and its history; it runs again",
    "Service": "its address (clusterIP, a load balancer's as well)",
    "Deployment": "its pods: nothing answers until new ones are ready",
    "DaemonSet": "its pods: nothing answers until new ones are ready",
    "StatefulSet": "its pods: nothing answers until new ones are ready; its claims stay",
    "RoleBinding": "nothing, but for a moment nobody has what it grants",
    "ClusterRoleBinding": "nothing, but for a moment nobody has what it grants",
    "StorageClass": "nothing: claims that exist keep their volumes",
    "CustomResourceDefinition": "all objects of its kind",
    "Namespace": "everything in it",
}


@dataclass(frozen=True)
class Refusal:
    """``anew``: whether the object could be made anew as it is wanted, and ``lost`` what goes with the old one."""

    reason: str
    remedy: str = ""
    anew: bool = False
    lost: str = ""


def explain(client: Client, obj: Obj, live: Obj | None, error: SlipwayError, verdict: Failure) -> Refusal:
    """The refusal of a change to ``live``; never raises."""
    ref, plain = ref_of(obj), Refusal(verdict.reason, verdict.remedy)
    if live is None or not isinstance(error, ApiError) or error.status not in (403, 422):
        return plain
    lost = LOST.get(ref.kind, "what others have written into it")
    anew = f"--replace {ref.kind}/{ref.namespace + '/' if ref.namespace else ''}{ref.name} (lost: {lost})"
    if ref.kind == "PersistentVolumeClaim" and (grown := growth(client, obj, live)):
        reason, remedy = grown
        if not _taken_as_new(client, obj, live):
            return Refusal(reason, remedy)
        return Refusal(reason, f"{remedy}; or make it anew: {anew}", anew=True, lost=lost)
    fields = only_as_change(client, obj, live, error)
    if not fields:
        return plain
    roots = " and ".join(sorted({_root(field) for field in fields}))
    values = (
        f": {there} there, {wanted} wanted" if (there := _value(live, roots)) and (wanted := _value(obj, roots)) else ""
    )
    return Refusal(
        f"{roots} cannot be changed{values}",
        f"leave it as it is, or make the object anew: {anew}",
        anew=True,
        lost=lost,
    )


def only_as_change(client: Client, obj: Obj, live: Obj, error: SlipwayError) -> set[str]:
    """The fields that the server refuses to change, while it would take them in a new object; none where it would not.

    The API has no code for what is immutable. What it refuses to an object that exists and not to a new one is.
    """
    fields = fields_of(error)
    return fields if fields and _taken_as_new(client, obj, live) else set()


def _taken_as_new(client: Client, obj: Obj, live: Obj) -> bool:
    """Whether the server would take the object, were the live one not there."""
    try:
        dry_run.create(client, obj)
    except ApiError as error:
        # What is valid is found to exist.
        if error.status == 409 and error.reason == "AlreadyExists":
            return True
        # What the old object itself has taken (a node's port) will be free.
        taken = fields_of(error)
        return bool(taken) and all(_same(obj, live, field) for field in taken)
    except SlipwayError:
        return False
    return True


def fields_of(error: SlipwayError) -> set[str]:
    """The fields that the server names as causes of an invalid object."""
    if not isinstance(error, ApiError) or error.status != 422:
        return set()
    return {str(cause.get("field", "")) for cause in (error.body.get("details") or {}).get("causes") or []}


def _root(field: str) -> str:
    """``spec.clusterIPs[0]`` → ``spec.clusterIP``: as it is written."""
    return "spec.clusterIP" if field.startswith("spec.clusterIP") else field.partition("[")[0]


def _at(obj: Obj, path: str) -> object:
    """What stands at ``spec.ports[0].nodePort``, None where nothing does."""
    value: object = obj
    for key, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        if key:
            value = value.get(key) if isinstance(value, Mapping) else None
        else:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
    return value


def _same(obj: Obj, live: Obj, path: str) -> bool:
    return _at(obj, path) is not None and _at(obj, path) == _at(live, path)


def _value(obj: Obj, path: str) -> str:
    """A field in a few words, "" where there is nothing short to say."""
    value = _at(obj, path)
    if isinstance(value, Mapping) and {"kind", "name"} <= value.keys():
        return f"{value['kind']} {value['name']}"
    return str(value) if isinstance(value, (str, int)) else ""


def error_of(component: str, changes: Collection[Change]) -> SlipwayError:
    """The error for what of a component would be refused: the first, with a line for each of the others."""
    first, *others = sorted(changes, key=lambda change: change.ref)
    lines = [f"{change.ref}: {change.why}" + (f"; {change.remedy}" if change.remedy else "") for change in others]
    where = f"component {component}: {first.ref}"
    return SlipwayError(first.why, where, first.remedy, (*first.causes, *lines))
