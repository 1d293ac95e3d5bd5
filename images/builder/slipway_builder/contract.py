"""What Seldon Core's Python wrapper calls on a user's class, and which settings start it.

Source: seldon-core 1.17.1, seldon_core/seldon_methods.py and microservice.py.
"""

from __future__ import annotations

from collections.abc import Mapping

API_TYPES = ("REST", "GRPC", "REST,GRPC", "GRPC,REST")
#: Service type → what a graph's node of that type is asked for.
SERVICE_TYPES: Mapping[str, tuple[str, ...]] = {
    "MODEL": ("predict",),
    "ROUTER": ("route",),
    "TRANSFORMER": ("transform_input", "transform_output"),
    "COMBINER": ("aggregate",),
    "OUTLIER_DETECTOR": ("predict", "transform_input"),
}
#: Without its method these two have nothing to answer; the wrapper lets the others pass data through.
STRICT = ("ROUTER", "COMBINER")
#: The method itself, the one that gets the whole message, and two deprecated names of that.
FORMS = ("", "_raw", "_rest", "_grpc")
CALLS = ("predict", "transform_input", "transform_output", "route", "aggregate", "send_feedback")
#: One of these makes a class a component; the last two can be anything.
ENOUGH = frozenset({call + form for call in CALLS for form in FORMS} | {"custom_service", "__getattr__"})


def forms(call: str) -> set[str]:
    """The names under which the wrapper looks for a call."""
    return {call + form for form in FORMS}


def wrong(environment: Mapping[str, str]) -> str:
    """What the serving image would not start with, as the end of a sentence; empty when nothing."""
    api = environment.get("API_TYPE") or "REST"
    if api not in API_TYPES:
        return f"API_TYPE={api}: the wrapper speaks REST and GRPC, and both in any case"
    service = environment.get("SERVICE_TYPE") or "MODEL"
    if service not in SERVICE_TYPES:
        return f"SERVICE_TYPE={service}: it must be one of {', '.join(SERVICE_TYPES)}"
    persistence = environment.get("PERSISTENCE") or "0"
    return "" if persistence in ("0", "1") else f"PERSISTENCE={persistence}: it must be 0 or 1"
