"""From the object that a user wrote to a Model, or to the reasons why not."""

from __future__ import annotations

from collections.abc import Iterator

from slipway_controller.reader import Obj

from slipway_seldon import names, unsupported
from slipway_seldon.annotations import OURS
from slipway_seldon.model import Model, Predictor
from slipway_seldon.options import Options
from slipway_seldon.parse_predictor import Whole, predictor
from slipway_seldon.refusal import Reader, Refused, refuse

PROTOCOLS, TRANSPORTS = ("seldon", "tensorflow", "v2", "kfserving"), ("rest", "grpc")
_NOTHING = Options()


def parse(obj: Obj, options: Options = _NOTHING) -> Model:
    """Read a SeldonDeployment. Raises Refused with every reason found; never anything else, whatever ``obj`` holds."""
    whole = Reader(obj)
    meta, spec = whole.nested("metadata"), whole.nested("spec")
    name, namespace, uid = meta.text("name"), meta.text("namespace"), meta.text("uid")
    # What tools write there is no business of the Pods.
    outer = {key: value for key, value in meta.strings("annotations").items() if key.startswith(OURS)}
    own, raw = spec.strings("annotations"), spec.objects("predictors")
    protocol = spec.choice("protocol", PROTOCOLS) or "seldon"
    transport = spec.choice("transport", TRANSPORTS) or "rest"
    replicas = spec.number("replicas", 1, 0, 1000)
    whole.finish()
    refuse(
        [
            *unsupported.in_spec(spec.value),
            *unsupported.in_annotations(outer, "metadata.annotations"),
            *unsupported.in_annotations(own, "spec.annotations"),
        ]
    )
    if not raw:
        raise Refused("spec.predictors is empty: a SeldonDeployment needs at least one predictor.")
    annotations = {**outer, **own}
    shared = Whole(name, namespace, annotations, protocol, replicas, options)
    found: list[Predictor] = []
    reasons: list[str] = []
    for item in raw:
        try:
            # Faults of its own: those of one predictor are no reason to be silent about another's.
            found.append(predictor(Reader(item.value, item.where), shared))
        except Refused as refused:
            reasons += refused.reasons
    refuse(reasons)
    model = Model(name, namespace, uid, annotations, tuple(found), protocol, transport)
    refuse([*_together(model), *_transports(model, spec.text("transport"))])
    return model


def _transports(model: Model, given: str) -> Iterator[str]:
    """One way to speak for all units, as upstream's webhook has it."""
    kinds = {u.grpc for p in model.predictors for u in p.graph.walk() if u.endpoint}
    if len(kinds) > 1:
        yield "spec.predictors: the units' endpoint.type are REST and GRPC; set one for all in spec.transport."
    elif given and kinds and kinds != {given == "grpc"}:
        yield f"spec.transport is {given}, and a unit's endpoint.type is another; leave endpoint.type out."


def _services(model: Model, predictor: Predictor) -> Iterator[str]:
    yield predictor.service
    for unit in predictor.graph.walk():
        if unit.component is not None:
            yield names.container_service(model.name, predictor.name, unit.name)


def _together(model: Model) -> Iterator[str]:
    """What must hold among predictors (upstream's webhook, seldondeployment_webhook.go)."""
    predictors = model.predictors
    if len({p.name for p in predictors}) < len(predictors):
        yield "spec.predictors: every predictor needs a name of its own."
    for what, used in (
        ("Services", [n for p in predictors for n in _services(model, p)]),
        ("Deployments", list(model.deployments)),
    ):
        twice = sorted({n for n in used if used.count(n) > 1})
        if twice:
            yield f"spec.predictors: two {what} would be named {', '.join(twice)}; choose other names."
    answering = [p for p in predictors if not p.shadow]
    total = sum(p.traffic for p in answering)
    if not answering:
        yield "spec.predictors: a shadow needs another predictor, which answers."
    if len(predictors) - len(answering) > 1:
        yield "spec.predictors: at most one may be a shadow."
    if len(answering) > 1 and total != 100:
        yield f"spec.predictors: traffic must sum to 100 (shadows aside), and is {total}."
    if len(answering) == 1 and total not in (0, 100):
        yield f"spec.predictors: {answering[0].name} answers alone; its traffic is {total}: leave it out or set 100."
