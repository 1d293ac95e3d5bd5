"""What annotations ask for. Those of a predictor win over those of spec, and these over those of metadata."""

from __future__ import annotations

import re

from slipway_seldon.model import Routing
from slipway_seldon.refusal import Refused

OURS = "seldon.io/"
#: Annotations for the gateway's timeouts, and upstream's default; milliseconds.
REST_TIMEOUT, GRPC_TIMEOUT, TIMEOUT_MS = f"{OURS}rest-timeout", f"{OURS}grpc-timeout", 3000
NO_ENGINE, SEPARATE, HEADLESS = f"{OURS}no-engine", f"{OURS}engine-separate-pod", f"{OURS}headless-svc"
SERVICE_NAME = f"{OURS}svc-name"
NO_INITIALIZER = f"{OURS}no-storage-initializer"
QUEUE, WRITE_TIMEOUT = f"{OURS}executor-logger-queue-size", f"{OURS}executor-logger-write-timeout-ms"
#: Others that begin so are variables of the orchestrator's environment.
ENGINE = f"{OURS}engine-"
_GATEWAY = f"{OURS}ambassador-"
#: A Mapping's circuit breaker by the annotation's end.
BREAKERS = {
    f"{_GATEWAY}circuit-breakers-max-{name}": f"max_{name.replace('-', '_')}"
    for name in ("connections", "pending-requests", "requests", "retries")
}
HEADER, REGEX_HEADER, GATEWAY_ID = f"{_GATEWAY}header", f"{_GATEWAY}regex-header", f"{_GATEWAY}id"
NAME, RETRIES = f"{_GATEWAY}service-name", f"{_GATEWAY}retries"
#: The gateway's own annotations that are acted on.
GATEWAY = frozenset({HEADER, REGEX_HEADER, GATEWAY_ID, NAME, RETRIES, *BREAKERS})
#: One segment of a path.
_WORD = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def true(annotations: dict[str, str], key: str) -> bool:
    """Whether an annotation is "true", in upper or lower case."""
    return annotations.get(key, "").lower() == "true"


def number(annotations: dict[str, str], key: str, default: int, what: str, least: int = 1) -> int:
    """A whole number from ``least`` up. Raises Refused."""
    text = annotations.get(key, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least):
        raise Refused(f"annotations[{key}] is {text!r}, and must be {what}.")
    return int(text)


def timeout(annotations: dict[str, str], key: str, default: int) -> int:
    """Milliseconds above 0. Raises Refused."""
    return number(annotations, key, default, "a whole number of milliseconds above 0")


def routing(annotations: dict[str, str], name: str) -> Routing:
    """The Mappings' settings; ``name`` is the SeldonDeployment's. Raises Refused."""
    rest = timeout(annotations, REST_TIMEOUT, TIMEOUT_MS)
    shown = annotations.get(NAME) or name
    if not _WORD.fullmatch(shown):
        raise Refused(f"annotations[{NAME}] is {shown!r}, and must be one word: letters, digits, dashes, dots.")
    header, regex = annotations.get(HEADER, ""), annotations.get(REGEX_HEADER, "")
    return Routing(
        rest=rest,
        grpc=timeout(annotations, GRPC_TIMEOUT, rest),
        name=shown,
        retries=number(annotations, RETRIES, 0, "a whole number", 0),
        gateway_id=annotations.get(GATEWAY_ID, ""),
        header=_header(header) if header else None,
        regex_header=_regex_header(regex) if regex else None,
        breakers={
            field: number(annotations, key, 0, "a whole number", 0)
            for key, field in BREAKERS.items()
            if annotations.get(key)
        },
        headless=annotations.get(HEADLESS, "false").lower() not in ("", "false"),
    )


def _header(text: str) -> tuple[str, str | bool]:
    """``name: value``, or the name alone: whatever its value."""
    parts = [part.strip() for part in text.split(":")]
    if len(parts) > 2 or not _HEADER_NAME.fullmatch(parts[0]):
        raise Refused(f"annotations[{HEADER}] is {text!r}, and must be one header, as in 'location: london'.")
    return parts[0], parts[1] if len(parts) == 2 else True


def _regex_header(text: str) -> tuple[str, str]:
    name, _, expression = (part.strip() for part in text.partition(":"))
    if not (_HEADER_NAME.fullmatch(name) and expression):
        raise Refused(f"annotations[{REGEX_HEADER}] is {text!r}, and must be one header, as in 'location: lon.*'.")
    return name, expression
