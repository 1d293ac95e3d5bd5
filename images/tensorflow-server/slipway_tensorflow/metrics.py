"""Counts and latencies of requests, as TensorFlow Serving's Prometheus page names them."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict

#: Upper bounds in microseconds, growing as upstream's do.
BOUNDS = tuple(10 * 1.8**n for n in range(33))


class Metrics:
    """Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], int] = defaultdict(int)
        self._buckets: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
        self._sums: dict[tuple[str, str, str], float] = defaultdict(float)

    def record(self, model: str, api: str, entrypoint: str, code: str, seconds: float) -> None:
        """One request; the latencies are of those that succeeded."""
        with self._lock:
            self._counts[model, code] += 1
            if code == "OK":
                key, microseconds = (model, api, entrypoint), seconds * 1e6
                self._buckets[key][bisect_left(BOUNDS, microseconds)] += 1
                self._sums[key] += microseconds

    def text(self) -> str:
        """The page, in Prometheus' text format."""
        with self._lock:
            lines = ["# TYPE :tensorflow:serving:request_count counter"]
            for (model, code), count in sorted(self._counts.items()):
                lines.append(
                    f':tensorflow:serving:request_count{{model_name="{_label(model)}",status="{code}"}} {count}'
                )
            lines.append("# TYPE :tensorflow:serving:request_latency histogram")
            for key, buckets in sorted(self._buckets.items()):
                model, api, entrypoint = key
                labels = f'model_name="{_label(model)}",API="{api}",entrypoint="{entrypoint}"'
                total = 0
                for bound, count in zip([*(f"{b:g}" for b in BOUNDS), "+Inf"], buckets, strict=True):
                    total += count
                    lines.append(f':tensorflow:serving:request_latency_bucket{{{labels},le="{bound}"}} {total}')
                lines.append(f":tensorflow:serving:request_latency_sum{{{labels}}} {self._sums[key]:g}")
                lines.append(f":tensorflow:serving:request_latency_count{{{labels}}} {total}")
        return "\n".join(lines) + "\n"


def _label(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
