"""The trial template."""

from __future__ import annotations

from collections.abc import Iterator

from slipway_katib import gjson
from slipway_katib.names import JOB_KINDS, Obj
from slipway_katib.template import BadTemplate, meta_key, placeholders, run_spec
from slipway_katib.validation.problem import Problem
from slipway_katib.validation.unsupported import EDITION

FIELD = "spec.trialTemplate"


def check(spec: Obj, source: Obj | str | None) -> Iterator[Problem]:
    """Problems of spec.trialTemplate."""
    template = spec.get("trialTemplate")
    if not template:
        yield Problem(FIELD, "must be specified")
        return
    if not template.get("primaryContainerName"):
        yield Problem(f"{FIELD}.primaryContainerName", "must be specified")
    for name in ("successCondition", "failureCondition"):
        yield from _condition(name, template.get(name))
    if template.get("trialParameters") is None:
        yield Problem(f"{FIELD}.trialParameters", "must be specified")
        return
    yield from _source_fields(template)
    broken = list(_parameters(spec, template))
    yield from broken
    if source is None or broken:
        return
    yield from _uses(template, source)
    yield from _job(spec, template, source)


def _condition(name: str, expression: str | None) -> Iterator[Problem]:
    if not expression:
        yield Problem(FIELD, f"{name} must be specified")
        return
    try:
        gjson.parse(expression)
    except gjson.BadExpression as error:
        yield Problem(f"{FIELD}.{name}", f"{expression!r} cannot be used {EDITION}: {error}")


def _source_fields(template: Obj) -> Iterator[Problem]:
    inline, config_map = template.get("trialSpec"), template.get("configMap")
    if not inline and not config_map:
        yield Problem(FIELD, "trialSpec or configMap must be specified")
    if inline and config_map:
        yield Problem(FIELD, "only one of trialSpec and configMap can be specified")
    if config_map and not all(config_map.get(k) for k in ("configMapName", "configMapNamespace", "templatePath")):
        yield Problem(f"{FIELD}.configMap", "configMapName, configMapNamespace and templatePath must be specified")


def _parameters(spec: Obj, template: Obj) -> Iterator[Problem]:
    known = {parameter.get("name") for parameter in spec.get("parameters") or []}
    names: set[str] = set()
    references: set[str] = set()
    for index, parameter in enumerate(template["trialParameters"]):
        field = f"{FIELD}.trialParameters[{index}]"
        name, reference = parameter.get("name") or "", parameter.get("reference") or ""
        if not name or not reference or "{" in name or "}" in name:
            yield Problem(field, "name and reference must be specified and name must not contain '{' or '}'")
        elif name in names:
            yield Problem(f"{field}.name", f"{name} can't be duplicated")
        elif reference in references:
            yield Problem(f"{field}.reference", f"{reference} can't be duplicated")
        elif reference not in known and meta_key(reference) is None:
            yield Problem(f"{field}.reference", f"{reference} does not exist in spec.parameters")
        names.add(name)
        references.add(reference)
    for name in sorted(str(name) for name in known - references):
        yield Problem(f"{FIELD}.trialParameters", f"none has a reference to the parameter {name}")


def _uses(template: Obj, source: Obj | str) -> Iterator[Problem]:
    declared = {parameter["name"] for parameter in template["trialParameters"]}
    used = placeholders(source)
    for name in sorted(declared - used):
        yield Problem(f"{FIELD}.trialParameters", f"${{trialParameters.{name}}} is not used in the template")
    for name in sorted(used - declared):
        yield Problem(FIELD, f"${{trialParameters.{name}}} is not declared in trialParameters")


def _job(spec: Obj, template: Obj, source: Obj | str) -> Iterator[Problem]:
    sample = {parameter["name"]: "1" for parameter in spec.get("parameters") or []}
    try:
        job = run_spec(template, source, sample, "trial", "namespace")
    except BadTemplate as error:
        yield Problem(FIELD, str(error))
        return
    # run_spec sets name and namespace, so look at the template itself.
    plain = source if isinstance(source, dict) else {}
    meta = plain.get("metadata") or {}
    if meta.get("name") or meta.get("namespace"):
        yield Problem(FIELD, "metadata.name and metadata.namespace must be omitted")
    kind, version = job.get("kind"), job.get("apiVersion")
    if not kind or not version:
        yield Problem(FIELD, "apiVersion and kind must be specified")
    elif (JOB_KINDS.get(str(kind)) or ("",))[0] != version:
        kinds = ", ".join(f"{k} ({v})" for k, (v, _) in JOB_KINDS.items())
        yield Problem(FIELD, f"{kind} ({version}) is not supported {EDITION}, use one of {kinds}")
