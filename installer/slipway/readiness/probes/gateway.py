"""The gateway works when a new Mapping is served, and a faulty one beside it says why it is not."""

from __future__ import annotations

import secrets
import ssl
import time
from contextlib import suppress

from slipway.clients.direct import ask
from slipway.errors import NotYet, SlipwayError
from slipway.kube import Obj, ref_of
from slipway.kube.gateway_address import trust
from slipway.readiness.context import ProbeContext
from slipway.waiting import Clock, settle

API = "getambassador.io/v3alpha1"
LABEL = "slipway.dev/probe"
#: What upstream's and our check_alive both say.
ALIVE = "Ambassador is alive and well"
NAMESPACE = "ambassador"
SECONDS = 30.0
#: For a status that does not come with upstream.
PATIENCE = 5.0


def mapping(namespace: str, name: str, spec: Obj) -> Obj:
    """A Mapping object."""
    meta = {"name": name, "namespace": namespace, "labels": {LABEL: "gateway"}}
    return {"apiVersion": API, "kind": "Mapping", "metadata": meta, "spec": {"hostname": "*", **spec}}


def good(namespace: str, name: str) -> Obj:
    """A way from /NAME/ to the gateway's own health answers."""
    service = f"ambassador-admin.{NAMESPACE}:8877"
    return mapping(namespace, name, {"prefix": f"/{name}/", "rewrite": "/ambassador/v0/", "service": service})


def bad(namespace: str, name: str) -> Obj:
    """A Mapping whose addresses nobody resolves: both editions refuse it, and neither minds the others for it."""
    return mapping(namespace, f"{name}-bad", {"prefix": f"/{name}-bad/", "resolver": "nobody", "service": "nowhere"})


def probe_mapping(ctx: ProbeContext) -> str:
    """Serve a Mapping and refuse another. Raises NotYet with what is missing when the time is up."""
    name = f"slipway-probe-{secrets.token_hex(4)}"
    # Where users work, or the gateway's own where nobody does yet: it needs no other component.
    namespace = ctx.project if ctx.kube.get("v1", "Namespace", ctx.project) else NAMESPACE
    created = []
    started = time.monotonic()
    try:
        created.append(ref_of(ctx.kube.create(good(namespace, name))))
        url, tls = f"{ctx.gateway}/{name}/check_alive", trust(ctx.kube, ctx.gateway)
        _until_alive(url, tls)
        took = time.monotonic() - started
        created.append(ref_of(ctx.kube.create(bad(namespace, name))))
        # When a later one is served, the faulty one has been judged.
        created.append(ref_of(ctx.kube.create(good(namespace, f"{name}-later"))))
        _until_alive(f"{ctx.gateway}/{name}-later/check_alive", tls)
        if (text := fetch(f"{ctx.gateway}/{name}-bad/", tls)) != "status 404":
            raise SlipwayError(f"a faulty Mapping is served: {text!r}", f"{ctx.gateway}/{name}-bad/")
        reason = _reason(ctx, namespace, f"{name}-bad")
        if ALIVE not in (text := fetch(url, tls)):
            raise SlipwayError(f"a faulty Mapping disturbed another one: {text!r}", url)
    finally:
        for ref in created:
            with suppress(SlipwayError):
                ctx.kube.delete(ref)
    return f"a Mapping was served after {took:.1f} s, a faulty one refused ({reason})"


def fetch(url: str, tls: ssl.SSLContext | None = None) -> str:
    """The text behind ``url``, or what went wrong in words."""
    try:
        answer = ask("GET", url, timeout=5, tls=tls)
    except NotYet as error:
        return error.what
    return answer.text if answer.status < 400 else f"status {answer.status}"


def _until_alive(url: str, tls: ssl.SSLContext | None) -> None:
    text = settle(lambda: fetch(url, tls), lambda text: ALIVE in text, Clock(SECONDS), every=0.1)
    if ALIVE not in text:
        remedy = f"kubectl -n {NAMESPACE} logs deploy/gateway --all-containers"
        raise NotYet(f"a Mapping is not served within {SECONDS:.0f} s: {text}", url, remedy)


def _reason(ctx: ProbeContext, namespace: str, name: str) -> str:
    """Why a Mapping is not served, as its status says. Upstream writes one only where a Mapping is served."""

    def look() -> str:
        status = (ctx.kube.get(API, "Mapping", name, namespace) or {}).get("status") or {}
        return str(status.get("reason") or "") if status.get("state") == "Inactive" else ""

    return settle(look, bool, Clock(PATIENCE), every=0.1) or "its status says nothing"
