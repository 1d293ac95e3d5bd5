"""Removing what runs created, and nothing else."""

from __future__ import annotations

from slipway.errors import BadInput, NotYet, SlipwayError
from slipway.kube import Obj, Ref
from slipway.smoke import gateway, names, registry
from slipway.smoke.context import Context
from slipway.waiting import Clock
from slipway.waiting.objects import gone

#: Seconds: Pods are given time to end.
BEFORE, AFTER = 90, 60


def present(context: Context) -> list[Ref]:
    """The objects of smoke runs that exist. Raises BadInput when one of their names belongs to somebody else."""
    refs = []
    for ref in names.refs(context.options.project):
        obj = _get(context, ref)
        if obj is None:
            continue
        if (obj["metadata"].get("labels") or {}).get(names.MANAGED_BY) != names.MANAGER:
            raise BadInput("exists and is not the smoke test's", str(ref), "rename or remove it")
        refs.append(ref)
    return refs


def before(context: Context) -> None:
    """Remove what a former run left (because it was kept, or killed). Raises SlipwayError when it does not go."""
    left = present(context)
    if not left:
        return
    context.reporter.say(f"smoke: removing what a former run left: {', '.join(map(str, left))}")
    for ref in left:
        context.kube.delete(ref, propagation="Foreground")
    stuck = gone(context.kube, left, Clock(BEFORE))
    if stuck:
        raise SlipwayError(
            f"still there {BEFORE} s after its deletion", str(stuck[0]), "look at its finalizers and Pods"
        )


def after(context: Context) -> None:
    """Remove this run's objects. What does not go in time is named, and no failure of the test."""
    try:
        left = present(context)
        for ref in left:
            context.kube.delete(ref)
        _image(context)
        for ref in gone(context.kube, left, Clock(AFTER)):
            context.reporter.say(f"smoke: {ref} is still being removed", mark="!")
    except SlipwayError as error:
        context.reporter.say(f"smoke: not everything could be removed: {error}", mark="!")


def _image(context: Context) -> None:
    """Remove the model's image from the registry. The next run pushes one of its own."""
    host, _, rest = context.report.image.partition("/")
    repository, _, tag = rest.rpartition(":")
    if not tag:
        return
    if not context.options.own_registry and not context.options.registry_address:
        context.reporter.say(f"smoke: {context.report.image} stays in its registry", mark="=")
        return
    address = context.options.registry_address or gateway.node_port(context.kube, "registry", "registry")
    registry.remove(address, repository, tag, _auth(context, host))


def _auth(context: Context, host: str) -> str:
    return registry.credentials(context.kube, context.options.project, host, context.options.pull_secret)


def _get(context: Context, ref: Ref) -> Obj | None:
    try:
        return context.kube.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    except NotYet:
        return None  # the component is not installed: its step will say so
