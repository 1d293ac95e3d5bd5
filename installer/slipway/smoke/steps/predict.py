"""Step `predict`: held-out digits through the gateway, on every path that the model has."""

from __future__ import annotations

import ssl
import time

from slipway.errors import SlipwayError
from slipway.kube.gateway_address import gateway_url, trust
from slipway.smoke import gateway, names, predictions
from slipway.smoke.context import Context

#: Digits in a request, and seconds for the first one: the gateway may still be taking up the route.
CHUNK, FIRST = 100, 30.0


def predict(context: Context) -> str:
    """Ask for every held-out digit on every path. Raises SlipwayError for a wrong answer or too many wrong digits."""
    options, digits = context.options, context.digits
    if len(digits) < 300:
        raise SlipwayError(f"only {len(digits)} held-out digits, at least 300 are needed", "predict")
    base = options.gateway.rstrip("/") or gateway_url(context.kube)
    if not base:
        raise SlipwayError("no way from here to the gateway is known", "predict", "give its URL: smoke.gateway")
    urls = paths(base, options.project, short=gateway.short_paths(context.kube))
    start = time.monotonic()
    tls = trust(context.kube, base)
    answers = [_ask(context, url, tls) for url in urls]
    seconds = time.monotonic() - start
    if _differ(answers[0], answers[-1]):
        raise SlipwayError("the two paths give different probabilities", base)
    score = predictions.score(digits, answers[0], urls, seconds)
    context.report.predictions = score
    if score.accuracy < options.min_accuracy:
        raise SlipwayError(
            f"an accuracy of {score.accuracy:.4f} over {score.count} digits, at least {options.min_accuracy} is wanted",
            urls[0],
        )
    return f"accuracy {score.accuracy:.4f} over {score.count} digits, {score.milliseconds_per_digit:.1f} ms each"


def paths(base: str, project: str, *, short: bool) -> tuple[str, ...]:
    """The URLs of the model, the ``short`` one without the namespace first."""
    chosen = [f"{names.SERVE}/api/v0.1"] if short else []
    return tuple(f"{base}/seldon/{path}/predictions" for path in (*chosen, f"{project}/{names.SERVE}/api/v1.0"))


def _ask(context: Context, url: str, tls: ssl.SSLContext | None) -> predictions.Answer:
    rows: list[tuple[float, ...]] = []
    for begin in range(0, len(context.digits), CHUNK):
        chunk = context.digits[begin : begin + CHUNK]
        answer = gateway.post_when_ready(url, predictions.body(chunk), FIRST, context.reporter, tls)
        try:
            rows += predictions.check(answer, len(chunk)).probabilities
        except predictions.BadAnswer as error:
            raise SlipwayError(str(error), url) from error
    return predictions.Answer(tuple(rows))


def _differ(one: predictions.Answer, other: predictions.Answer) -> bool:
    return any(
        abs(a - b) > 1e-5
        for left, right in zip(one.probabilities, other.probabilities, strict=True)
        for a, b in zip(left, right, strict=True)
    )
