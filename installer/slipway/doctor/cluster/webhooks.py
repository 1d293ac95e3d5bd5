"""Our webhooks, called by the API server: endpoints, certificate authority, and an object created in a dry run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slipway.doctor.cluster import sample
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, ok, skip, warn
from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError, Obj
from slipway.render.labels import SELECTOR

GROUP = "admissionregistration.k8s.io/v1"
KINDS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


@dataclass(frozen=True)
class Hook:
    """One webhook of a configuration, with what is known about its Service."""

    name: str
    namespace: str
    service: str
    ca: bool
    exists: bool = True
    endpoints: int = 0


def run(ctx: Context) -> list[Finding]:
    """Every webhook of ours that is in the cluster."""
    wanted = {(obj["kind"], obj["metadata"]["name"]) for obj in ctx.objects if obj.get("kind") in KINDS}
    configurations = [
        obj
        for kind in KINDS
        for obj in ctx.kube.objects(GROUP, kind)
        if (kind, obj["metadata"]["name"]) in wanted or _ours(obj)
    ]
    hooks = [hook for obj in configurations for hook in obj.get("webhooks") or []]
    if not hooks:
        return [skip("none of the platform's webhooks is installed")]
    namespaces = ctx.kube.objects("v1", "Namespace")
    crds = ctx.kube.objects("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    findings = []
    for webhook in hooks:
        hook = look(ctx, webhook)
        wrong = judge(hook)
        findings.append(wrong or judge_call(hook, call(ctx, webhook, namespaces, crds)))
    good = [each for each in findings if each.result == "ok"]
    if len(good) == len(findings):
        return [ok(f"the API server reached all {len(good)} webhooks: {', '.join(sorted(each.says for each in good))}")]
    return [each for each in findings if each.result != "ok"]


def look(ctx: Context, webhook: Obj) -> Hook:
    """What stands behind a webhook."""
    config = webhook.get("clientConfig") or {}
    service = config.get("service") or {}
    name, place = str(service.get("name", "")), str(service.get("namespace", ""))
    if not name:
        return Hook(str(webhook["name"]), "", str(config.get("url", "")), True, True, 1)
    slices = ctx.kube.objects(
        "discovery.k8s.io/v1", "EndpointSlice", place, labels=f"kubernetes.io/service-name={name}"
    )
    ready = [
        point
        for each in slices
        for point in each.get("endpoints") or []
        if (point.get("conditions") or {}).get("ready") is not False
    ]
    exists = ctx.kube.get("v1", "Service", name, place) is not None
    return Hook(str(webhook["name"]), place, name, bool(config.get("caBundle")), exists, len(ready))


def judge(hook: Hook) -> Finding | None:
    """What is wrong before any call; None for nothing."""
    if not hook.exists:
        return fail(
            f"{hook.name}: Service {hook.namespace}/{hook.service} is not there", "slipway install puts it back"
        )
    if not hook.endpoints:
        remedy = f"kubectl -n {hook.namespace} get pods: the one behind the Service has to be ready"
        return fail(f"{hook.name}: Service {hook.namespace}/{hook.service} has no ready endpoints", remedy)
    if not hook.ca:
        return fail(
            f"{hook.name}: no caBundle: the API server cannot trust it", "restart its controller, which writes it"
        )
    return None


def judge_call(hook: Hook, message: str | None) -> Finding:
    """``message``: what is wrong with a call; "" for an answer, None where nothing could be called."""
    if message is None:
        return warn(
            f"{hook.name}: endpoints and caBundle are there; it could not be called", "no object to try it with"
        )
    if message:
        remedy = "may the API server reach pods (on private clusters a firewall rule for the webhook's port)?"
        if "x509" in message or "certificate" in message:
            remedy = "the webhook's certificate is not of its caBundle: restart its controller"
        return fail(f"{hook.name}: {message}", remedy)
    return ok(hook.name)


def call(ctx: Context, webhook: Obj, namespaces: Iterable[Obj], crds: Iterable[Obj]) -> str | None:
    """Create in a dry run what it is called for; where that cannot be made up, ask its port through the API server."""
    body = example(webhook, namespaces, crds, ctx.project)
    if body is not None:
        try:
            ctx.kube.create(body, dry_run=True)
            return ""
        except ApiError as error:
            message = reached(error.what, error.status, str(webhook["name"]))
            if message is not None:
                return message
        except NotYet:
            return None
    return through_proxy(ctx, (webhook.get("clientConfig") or {}).get("service") or {})


def reached(message: str, status: int, webhook: str) -> str | None:
    """From a refusal: "" when the webhook itself spoke, its failure when the server could not call it, else None."""
    if re.search(r"failed calling webhook", message):
        return message
    if f'admission webhook "{webhook}" denied' in message:
        return ""
    return None if status in (400, 403, 404, 409, 422) else message


def example(webhook: Obj, namespaces: Iterable[Obj], crds: Iterable[Obj], preferred: str) -> Obj | None:
    """An object that the webhook is called for when it is created; None when it is called for nothing of the kind."""
    selector = webhook.get("namespaceSelector") or {}
    places = [
        str(each["metadata"]["name"]) for each in namespaces if matches(selector, each["metadata"].get("labels") or {})
    ]
    place = preferred if preferred in places else next(iter(sorted(places)), "")
    for rule in webhook.get("rules") or []:
        if not {"CREATE", "*"} & set(rule.get("operations") or []) or not place:
            continue
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                if parts := _kind_and_fields(group, resource, rule["apiVersions"], crds):
                    version, kind, fields = parts
                    meta = {"generateName": "slipway-doctor-", "namespace": place, "labels": _labels(webhook)}
                    return {"apiVersion": version, "kind": kind, "metadata": meta, **fields}
    return None


def _kind_and_fields(
    group: str, resource: str, versions: list[str], crds: Iterable[Obj]
) -> tuple[str, str, Obj] | None:
    if built_in := sample.BUILT_IN.get((group, resource)):
        return built_in
    for crd in crds:
        spec = crd["spec"]
        if (spec["group"], spec["names"]["plural"]) == (group, resource) and spec["scope"] == "Namespaced":
            served = [each["name"] for each in spec["versions"] if each.get("served")]
            version = next((each for each in served if each in versions or "*" in versions), "")
            return sample.of_crd(crd, version)
    return None


def _labels(webhook: Obj) -> Obj:
    selector = webhook.get("objectSelector") or {}
    labels = dict(selector.get("matchLabels") or {})
    for each in selector.get("matchExpressions") or []:
        if each["operator"] in ("In", "Exists"):
            labels[each["key"]] = (each.get("values") or ["x"])[0]
    return labels


def matches(selector: Mapping[str, object], labels: Mapping[str, str]) -> bool:
    """A label selector. Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/"""
    wanted = selector.get("matchLabels") or {}
    if not isinstance(wanted, dict) or any(labels.get(key) != value for key, value in wanted.items()):
        return False
    expressions = selector.get("matchExpressions") or []
    return not isinstance(expressions, list) or all(_holds(each, labels) for each in expressions)


def _holds(expression: Mapping[str, object], labels: Mapping[str, str]) -> bool:
    key, values = str(expression["key"]), expression.get("values") or []
    inside = isinstance(values, list) and labels.get(key) in values
    match expression["operator"]:
        case "In":
            return inside
        case "NotIn":
            return not inside
        case "Exists":
            return key in labels
        case _:
            return key not in labels


def through_proxy(ctx: Context, service: Obj) -> str | None:
    """Any answer of the backend will do; the API server's own 5xx says why it got none."""
    if not service:
        return None
    target = f"https:{service['name']}:{service.get('port', 443)}"
    path = f"/api/v1/namespaces/{service['namespace']}/services/{target}/proxy/"
    try:
        ctx.kube.request("GET", path, accept="*/*", timeout=20)
    except ApiError as error:
        own = error.body.get("kind") == "Status" and error.status >= 500
        return error.what if own else None if error.status == 403 else ""
    except SlipwayError as error:
        return error.what
    return ""


def _ours(obj: Obj) -> bool:
    key, _, value = SELECTOR.partition("=")
    return bool((obj["metadata"].get("labels") or {}).get(key) == value)
