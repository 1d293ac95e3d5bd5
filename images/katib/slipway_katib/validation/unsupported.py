"""What Katib has and this edition has not, or what neither has: said, never ignored."""

from __future__ import annotations

from collections.abc import Iterator

from slipway_katib.algorithms import NAMES
from slipway_katib.metrics import BadFilter, compile_filter
from slipway_katib.names import Obj
from slipway_katib.validation.problem import Problem

EDITION = "in the compact edition of Katib"
_COLLECTORS = ("File", "TensorFlowEvent", "PrometheusMetric", "Custom", "None", "Push")


def check(spec: Obj) -> Iterator[Problem]:
    """Problems of the algorithm, early stopping, NAS, resume policy and metrics collector."""
    algorithm = (spec.get("algorithm") or {}).get("algorithmName")
    if not algorithm:
        yield Problem("spec.algorithm.algorithmName", "must be specified")
    elif algorithm not in NAMES:
        yield Problem(
            "spec.algorithm.algorithmName", f"{algorithm} is not supported {EDITION}, use one of {', '.join(NAMES)}"
        )
    if spec.get("earlyStopping"):
        yield Problem("spec.earlyStopping", f"is not supported {EDITION}")
    if spec.get("nasConfig"):
        yield Problem("spec.nasConfig", f"is not supported {EDITION}")
    policy = spec.get("resumePolicy")
    if policy == "FromVolume":
        yield Problem(
            "spec.resumePolicy", f"FromVolume is not supported {EDITION}, LongRunning resumes without a volume"
        )
    elif policy not in ("Never", "LongRunning"):
        yield Problem("spec.resumePolicy", f"{policy!r} must be Never, LongRunning or FromVolume")
    yield from _collector(spec.get("metricsCollectorSpec") or {})


def _collector(collector: Obj) -> Iterator[Problem]:
    kind = (collector.get("collector") or {}).get("kind")
    field = "spec.metricsCollectorSpec.collector.kind"
    if kind in _COLLECTORS:
        yield Problem(field, f"{kind} is not supported {EDITION}, which reads metrics from StdOut")
    elif kind != "StdOut":
        yield Problem(field, f"invalid metrics collector kind: {kind}")
    source = collector.get("source") or {}
    if kind == "StdOut" and (source.get("httpGet") or source.get("fileSystemPath")):
        yield Problem("spec.metricsCollectorSpec.source", "httpGet and fileSystemPath have no meaning for StdOut")
    for pattern in (source.get("filter") or {}).get("metricsFormat") or []:
        try:
            compile_filter(pattern)
        except BadFilter as error:
            yield Problem("spec.metricsCollectorSpec.source.filter.metricsFormat", f"{pattern!r}: {error}")
