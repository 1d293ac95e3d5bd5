"""From what shall be and what is to what is to do. Pure: objects in, objects out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from slipway_controller.reader import Obj

from slipway_seldon.render import HASH


@dataclass(frozen=True)
class Step:
    """One request: ``verb`` is apply or delete."""

    verb: str
    obj: Obj


def name_of(obj: Obj) -> str:
    """metadata.name."""
    return str(obj["metadata"]["name"])


def owner_uid(obj: Obj) -> str:
    """The uid of the controlling owner, "" without one."""
    owners: list[Obj] = (obj.get("metadata") or {}).get("ownerReferences") or []
    return next((str(o.get("uid", "")) for o in owners if o.get("controller")), "")


def owned(objects: Iterable[Obj], uid: str) -> tuple[Obj, ...]:
    """Those that belong to the SeldonDeployment of that uid and are not being deleted."""
    return tuple(o for o in objects if owner_uid(o) == uid and not o["metadata"].get("deletionTimestamp"))


def covers(live: object, wanted: object) -> bool:
    """Whether ``live`` has everything of ``wanted``; what the server or others added does not count."""
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(key in live and covers(live[key], item) for key, item in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(live, list)
            and len(live) == len(wanted)
            and all(covers(a, b) for a, b in zip(live, wanted, strict=True))
        )
    return live == wanted


def differs(live: Obj | None, wanted: Obj) -> bool:
    """Whether ``wanted`` must be applied: missing, of another spec, or edited by hand."""
    if live is None:
        return True
    if (live["metadata"].get("annotations") or {}).get(HASH) != wanted["metadata"]["annotations"][HASH]:
        return True
    return not covers(live, wanted)


def to_apply(wanted: Iterable[Obj], live: Iterable[Obj]) -> tuple[Obj, ...]:
    """The objects of one kind that must be applied."""
    present = {name_of(o): o for o in live}
    return tuple(o for o in wanted if differs(present.get(name_of(o)), o))


def of_kind(objects: Iterable[Obj], kind: str) -> tuple[Obj, ...]:
    """Those of one kind."""
    return tuple(o for o in objects if o["kind"] == kind)


def scaled(wanted: Obj, live: Iterable[Obj]) -> Obj:
    """A Deployment that does not say how many with as many as it has: applied without, it would fall back to one Pod
    where the operator said a number before."""
    if "replicas" in wanted["spec"]:
        return wanted
    count = next((o["spec"].get("replicas") for o in live if name_of(o) == name_of(wanted)), None)
    return wanted if count is None else {**wanted, "spec": {**wanted["spec"], "replicas": count}}


def unlike(wanted: Iterable[Obj], live: Iterable[Obj]) -> tuple[Obj, ...]:
    """The live Deployments that select other Pods than they shall, such as those of upstream's operator: a selector
    cannot be changed, so they have to go first."""
    selectors = {name_of(o): o["spec"]["selector"] for o in wanted}
    return tuple(o for o in live if selectors.get(name_of(o), o["spec"]["selector"]) != o["spec"]["selector"])


def stale(wanted: Iterable[Obj], live: Iterable[Obj]) -> tuple[Obj, ...]:
    """The objects of one kind that no present predictor needs."""
    keep = {name_of(o) for o in wanted}
    return tuple(o for o in live if name_of(o) not in keep)


def inactive(mappings: Iterable[Obj]) -> tuple[str, ...]:
    """What the gateway says of the Mappings that it does not serve; a gateway without status says nothing."""
    found = []
    for obj in mappings:
        state = obj.get("status") or {}
        if state.get("state") == "Inactive":
            found.append(
                f"The gateway does not serve Mapping {name_of(obj)}: {state.get('reason', 'it gives no reason')}."
            )
    return tuple(found)


def pending(mappings: Iterable[Obj]) -> tuple[str, ...]:
    """The Mappings of which the gateway has not yet said that it serves them as they are now, as sentences."""
    found = []
    for obj in mappings:
        state, generation = obj.get("status") or {}, obj["metadata"].get("generation", 1)
        if state.get("state") != "Inactive" and not (
            state.get("state") == "Running" and state.get("observedGeneration", generation) == generation
        ):
            found.append(f"The gateway has not taken Mapping {name_of(obj)} yet.")
    return tuple(found)


def mapping_steps(wanted: Iterable[Obj], live: Iterable[Obj]) -> tuple[Step, ...]:
    """In an order in which there is always a route and the weights never exceed 100 percent, at any time between:
    those without weight first (they take what is left), then old ones away, then less weight before more."""
    wanted, live = tuple(wanted), tuple(live)
    before = {name_of(o): (o.get("spec") or {}).get("weight", 0) for o in live}

    def growth(obj: Obj) -> int:
        weight, old = obj["spec"].get("weight", 0), before.get(name_of(obj), 0)
        return int(weight) - (old if isinstance(old, int) else 0)  # by hand it may be anything

    changed = to_apply(wanted, live)
    first = [Step("apply", o) for o in changed if "weight" not in o["spec"]]
    rest = [Step("apply", o) for o in sorted(changed, key=growth) if "weight" in o["spec"]]
    return (*first, *(Step("delete", o) for o in stale(wanted, live)), *rest)
