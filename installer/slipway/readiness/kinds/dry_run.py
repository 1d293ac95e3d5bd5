"""The webhooks of a component work when dry-run creates are let in with their defaults, or refused, as is expected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError, Obj
from slipway.readiness.context import ProbeContext
from slipway.readiness.kinds.fields import filled, lacking, merged

#: The API server's words for a webhook that is not there yet: it starts, or its CA is not yet in the configuration.
STARTING = ("connection refused", "x509", "no endpoints available", "context deadline exceeded", "no route to host",
            "connection reset", "EOF", "tls:", "i/o timeout", "could not find the requested resource")  # fmt: skip


def run(ctx: ProbeContext, component: str, spec: Mapping[str, Any]) -> str:
    """Every step in its order; nothing is stored. Raises NotYet while the webhooks start."""
    obj: Obj = {}
    for step in filled(spec["steps"], ctx):
        obj = merged(obj, step["change"]) if "change" in step else step["object"]
        _check(_answer(ctx, obj, component), obj, step, component)
    return str(spec["says"])


def _answer(ctx: ProbeContext, obj: Obj, component: str) -> Obj | ApiError:
    """What became of it, or its refusal."""
    try:
        return ctx.kube.create(obj, dry_run=True)
    except ApiError as error:
        if starting(error):
            raise NotYet(error.what, _where(obj, component)) from error
        return error


def _check(answer: Obj | ApiError, obj: Obj, step: Mapping[str, Any], component: str) -> None:
    """Raises SlipwayError when the answer is another than the step's."""
    where, kind, wanted = _where(obj, component), obj["kind"], step.get("refused", "")
    if not isinstance(answer, ApiError):
        if wanted:
            raise SlipwayError(f"a wrong {kind} was let in ('{wanted}' was expected)", where, _remedy(step, ""))
        missing = lacking(answer, step.get("answer", {}))
        if missing:
            path, value = missing
            what = f"a new {kind} got no defaults: {path} is {json.dumps(value)}"
            raise SlipwayError(what, where, _remedy(step, ""))
    elif not wanted:
        raise SlipwayError(f"a good {kind} was refused: {answer.what}", where, _remedy(step, answer.what))
    elif wanted not in answer.what:
        raise SlipwayError(f"refused for another reason than expected: {answer.what}", where)


def _where(obj: Obj, component: str) -> str:
    return f"component {component}: webhooks for {obj['kind']} ({obj['apiVersion']})"


def _remedy(step: Mapping[str, Any], what: str) -> str:
    """The remedy for the words of the refusal, else the step's."""
    known = (remedy for words, remedy in step.get("remedies", {}).items() if words in what)
    return str(next(known, step.get("remedy", "")))


def starting(error: ApiError) -> bool:
    """Whether the API server could not ask the webhook, for a reason that goes away by itself."""
    return error.status >= 500 and "failed calling webhook" in error.what and any(w in error.what for w in STARTING)
