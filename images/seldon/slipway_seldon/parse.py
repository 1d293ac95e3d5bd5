"""From the object that a user wrote to a Model, or to the reasons why not."""

from __future__ import annotations

from collections.abc import Iterator

from slipway_controller.reader import Obj

from slipway_seldon import unsupported
from slipway_seldon.model import Model, Predictor
from slipway_seldon.parse_predictor import predictor
from slipway_seldon.refusal import Reader, Refused, refuse

#: The annotation for the gateway's timeout, and upstream's default; milliseconds.
TIMEOUT, TIMEOUT_MS = "seldon.io/rest-timeout", 3000
NO_ENGINE = "seldon.io/no-engine"


def parse(obj: Obj) -> Model:
    """Read a SeldonDeployment. Raises Refused with every reason found; never anything else, whatever ``obj`` holds."""
    whole = Reader(obj)
    meta, spec = whole.nested("metadata"), whole.nested("spec")
    name, namespace, uid = meta.text("name"), meta.text("namespace"), meta.text("uid")
    annotations, raw = spec.strings("annotations"), spec.objects("predictors")
    replicas = spec.number("replicas", 1, 0, 1000)
    whole.finish()
    refuse([*unsupported.in_spec(spec.value), *unsupported.in_annotations(annotations, "spec.annotations")])
    if not raw:
        raise Refused("spec.predictors is empty: a SeldonDeployment needs at least one predictor.")
    found: list[Predictor] = []
    reasons: list[str] = []
    for item in raw:
        try:
            # Faults of its own: those of one predictor are no reason to be silent about another's.
            found.append(predictor(name, Reader(item.value, item.where), replicas))
        except Refused as refused:
            reasons += refused.reasons
    refuse(reasons)
    refuse(_together(found))
    return Model(
        name=name,
        namespace=namespace,
        uid=uid,
        annotations=annotations,
        predictors=tuple(found),
        timeout_ms=_timeout(annotations),
        no_engine=annotations.get(NO_ENGINE) == "true",
    )


def _timeout(annotations: dict[str, str]) -> int:
    text = annotations.get(TIMEOUT, "")
    if not text:
        return TIMEOUT_MS
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise Refused(f"spec.annotations[{TIMEOUT}] is {text!r}, and must be a whole number of milliseconds above 0.")
    return int(text)


def _together(predictors: list[Predictor]) -> Iterator[str]:
    """What must hold among predictors (upstream's webhook, seldondeployment_webhook.go)."""
    if len({p.name for p in predictors}) < len(predictors):
        yield "spec.predictors: every predictor needs a name of its own."
    for what, used in (
        ("Services", [n for p in predictors for n in (p.service, p.container_service)]),
        ("Deployments", [p.deployment for p in predictors]),
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
