"""Making volumes, claims and classes anew, with nothing lost: volumes are kept, only their objects change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slipway.diagnosis.explain import claims_of
from slipway.errors import BadInput
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.progress import Reporter
from slipway.release.applying.apply import apply_one
from slipway.release.deletion.delete import delete_and_wait
from slipway.release.refusals.classify import Expected
from slipway.render import Rendered
from slipway.storage.changes import CLAIM, CLASS, VOLUME, Change
from slipway.waiting import Clock

_ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Move:
    """Which objects are made anew, and which volumes stay behind with the old data."""

    claims: tuple[Ref, ...]
    volumes: tuple[Ref, ...]
    classes: tuple[Ref, ...]
    kept: tuple[Ref, ...]


def plan(changed: Iterable[Change], claims: Iterable[Obj]) -> Move:
    """A claim goes with its volume: one whose volume is made anew is made anew, too. ``claims`` are those there."""
    refs = {change.ref for change in changed}
    volumes = {ref.name for ref in refs if ref.kind == VOLUME}
    there = {ref_of(claim): claim for claim in claims}
    moving = {
        ref for ref, claim in there.items() if ref in refs or (claim.get("spec") or {}).get("volumeName") in volumes
    }
    bound = {str((there[ref].get("spec") or {}).get("volumeName") or "") for ref in moving} - {""}
    return Move(
        claims=tuple(sorted(moving)),
        volumes=tuple(Ref("v1", VOLUME, "", name) for name in sorted(volumes)),
        classes=tuple(sorted(ref for ref in refs if ref.kind == CLASS)),
        kept=tuple(Ref("v1", VOLUME, "", name) for name in sorted(bound - volumes)),
    )


def users(client: Client, claims: Iterable[Ref]) -> list[Ref]:
    """Pods that have one of the claims mounted, or wait for it."""
    wanted = {(ref.namespace, ref.name) for ref in claims}
    pods = []
    for namespace in sorted({namespace for namespace, _ in wanted}):
        for pod in client.objects("v1", "Pod", namespace):
            mounted = {(namespace, name) for name in claims_of(pod)}
            if mounted & wanted and (pod.get("status") or {}).get("phase") not in _ENDED:
                pods.append(ref_of({"apiVersion": "v1", "kind": "Pod", **pod}))
    return sorted(pods)


def refuse_users(client: Client, move: Move) -> None:
    """Raises BadInput naming the pods that use the claims."""
    pods = users(client, move.claims)
    if pods:
        raise BadInput(
            f"{len(pods)} pods use the claims; nothing was changed",
            "storage",
            "end them first: stop notebooks, scale Deployments to 0, delete SeldonDeployments, Workflows and jobs",
            tuple(map(str, pods)),
        )


def migrate(
    client: Client, move: Move, rendered: Mapping[str, Rendered], reporter: Reporter, *, timeout: float
) -> None:
    """Delete and make anew. Interrupted, it is gone on with by another migration or installation.

    ``timeout``: seconds for each deletion. Raises BadInput when claims are in use, SlipwayError when one does not go.
    """
    refuse_users(client, move)
    for ref in (*move.volumes, *move.kept):
        _retain(client, ref, reporter)
    delete_and_wait(client, move.claims, reporter, timeout)
    delete_and_wait(client, (*move.volumes, *move.classes), reporter, timeout)
    again = {*move.claims, *move.volumes, *move.classes}
    order = {CLASS: 0, VOLUME: 1, CLAIM: 2}
    for name, item in rendered.items():
        objects = [obj for obj in item.objects if ref_of(obj) in again]
        for obj in sorted(objects, key=lambda obj: order[obj["kind"]]):
            apply_one(client, obj, name, Expected(), Clock(timeout), reporter)
            reporter.say(f"{name}: {ref_of(obj)} was made anew", mark="+")
    for ref in move.kept:
        reporter.say(f"{ref} stays with the old data; delete it by hand when it is not needed any more", mark="=")


def _retain(client: Client, ref: Ref, reporter: Reporter) -> None:
    """A volume that would be removed with its claim is kept."""
    volume = client.get("v1", VOLUME, ref.name)
    if volume and volume["spec"].get("persistentVolumeReclaimPolicy") != "Retain":
        client.patch(ref, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}})
        reporter.say(f"{ref}: its data stays (Retain)", mark="=")
