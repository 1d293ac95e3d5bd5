"""From a Mapping to Envoy's RouteAction or RedirectAction."""

from __future__ import annotations

import re
import reprlib

from slipway_gateway import regex
from slipway_gateway.model import Json
from slipway_gateway.reader import Reader

#: Upstream's default route timeout.
DEFAULT_TIMEOUT = "3.000s"

#: Envoy's own limit for a stream without a byte, in milliseconds.
STREAM_IDLE_MS = 300_000

#: Retried by default because nothing of the request reached an application, so even a POST is sent at most once.
#: Upstream has no default; without it a rolling update of a model would show to its callers.
DEFAULT_RETRY: Json = {
    "retry_on": "connect-failure,refused-stream,reset-before-request",
    "num_retries": 3,
    "retry_host_predicate": [
        {
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
            },
        }
    ],
    "host_selection_retry_max_attempts": "3",
    "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.250s"},
}

_RETRY_ON = {
    "5xx", "gateway-error", "connect-failure", "retriable-4xx", "refused-stream", "retriable-status-codes",
    "reset", "reset-before-request", "retriable-headers", "envoy-ratelimited", "cancelled", "deadline-exceeded",
    "internal", "resource-exhausted", "unavailable",
}  # fmt: skip
_CODES = {
    301: "MOVED_PERMANENTLY",
    302: "FOUND",
    303: "SEE_OTHER",
    307: "TEMPORARY_REDIRECT",
    308: "PERMANENT_REDIRECT",
}
_UPGRADE = re.compile(r"^[A-Za-z0-9._-]{1,64}(/[A-Za-z0-9._-]{1,64})?$")


def read_action(spec: Reader) -> Json:
    """Envoy's RouteAction, without cluster, mirrors and hash policy."""
    action: Json = {"timeout": spec.millis("timeout_ms") or DEFAULT_TIMEOUT}
    if idle := spec.millis("idle_timeout_ms"):
        action["idle_timeout"] = idle
    elif (spec.integer("timeout_ms") or 0) > STREAM_IDLE_MS:
        # A stream on which nothing moves ends then, whatever time its answer has.
        action["idle_timeout"] = action["timeout"]
    if (priority := spec.choice("priority", ("default", "high"))) == "high":
        action["priority"] = priority.upper()
    _rewrite(spec, action)
    _host_rewrite(spec, action)
    if upgrades := _upgrades(spec):
        action["upgrade_configs"] = [{"upgrade_type": name} for name in upgrades]
    action["retry_policy"] = _retries(spec) if spec.has("retry_policy") else DEFAULT_RETRY
    return action


def _rewrite(spec: Reader, action: Json) -> None:
    """`regex_rewrite` wins; else `rewrite`: not given is "/", "" leaves the path as it is."""
    rewrite = spec.text("rewrite", "/")
    if spec.has("regex_rewrite"):
        action["regex_rewrite"] = read_substitution(spec.nested("regex_rewrite"))
    elif rewrite:
        action["prefix_rewrite"] = rewrite


def read_substitution(spec: Reader) -> Json:
    """{pattern, substitution} as Envoy's RegexMatchAndSubstitute."""
    pattern, substitution = spec.pattern("pattern"), spec.text("substitution")
    if not pattern:
        spec.fault("pattern", "is required")
    elif not regex.problem(pattern):
        groups = [int(number) for number in re.findall(r"\\(\d)", substitution.replace(r"\\", ""))]
        if re.search(r"\\(?![\d\\])", substitution.replace(r"\\", "")):
            spec.fault("substitution", r"a \ is followed by the number of a group, or by another \ ")
        if max(groups, default=0) > regex.groups(pattern):
            spec.fault("substitution", rf"\{max(groups)} is more than the pattern's {regex.groups(pattern)} groups")
    return {"pattern": {"regex": pattern}, "substitution": substitution}


def _host_rewrite(spec: Reader, action: Json) -> None:
    literal, auto = spec.text("host_rewrite"), spec.flag("auto_host_rewrite")
    if literal and auto:
        spec.fault("host_rewrite", "cannot be together with auto_host_rewrite")
    if literal:
        action["host_rewrite_literal"] = literal
    elif auto:
        action["auto_host_rewrite"] = True


def _upgrades(spec: Reader) -> list[str]:
    names = [name.lower() for name in spec.texts("allow_upgrade")]
    if spec.flag("use_websocket"):
        names.append("websocket")
    for name in names:
        if not _UPGRADE.match(name):
            spec.fault("allow_upgrade", f"{reprlib.repr(name)} is no protocol")
        elif name.startswith("connect"):
            spec.fault("allow_upgrade", f"{name} is not supported by the compact edition")
    return list(dict.fromkeys(names))


def _retries(spec: Reader) -> Json:
    policy = spec.nested("retry_policy")
    conditions = policy.texts("retry_on", ",")
    for condition in conditions:
        if condition not in _RETRY_ON:
            policy.fault("retry_on", f"{reprlib.repr(condition)} is none of {', '.join(sorted(_RETRY_ON))}")
    if not conditions:
        policy.fault("retry_on", "is required")
    found: Json = {"retry_on": ",".join(conditions)}
    number = policy.integer("num_retries", 0, 100)
    found["num_retries"] = 1 if number is None else number
    if timeout := policy.duration("per_try_timeout"):
        found["per_try_timeout"] = timeout
    return found


def read_redirect(spec: Reader, host: str) -> Json | None:
    """Envoy's RedirectAction to ``host`` when the Mapping has `host_redirect`, else None. Of several redirects
    `path_redirect` wins, then `prefix_redirect`."""
    wanted = spec.flag("host_redirect")
    path, prefix = spec.text("path_redirect"), spec.text("prefix_redirect")
    has_regex = spec.has("regex_redirect")
    substitution = read_substitution(spec.nested("regex_redirect")) if has_regex else None
    code = spec.integer("redirect_response_code", 301, 308) or 301
    if code not in _CODES:
        spec.fault("redirect_response_code", f"{code} is none of {', '.join(map(str, _CODES))}")
    if not wanted:
        if path or prefix or has_regex:
            spec.fault("path_redirect", "needs host_redirect: true")
        return None
    found: Json = {"host_redirect": host, "response_code": _CODES.get(code, "MOVED_PERMANENTLY")}
    if path:
        found["path_redirect"] = path
    elif prefix:
        found["prefix_rewrite"] = prefix
    elif substitution:
        found["regex_rewrite"] = substitution
    return found
