"""When certificates end: the API server's, ours, the embedded cluster's, the webhooks'."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path

from slipway.doctor.cluster import endpoint
from slipway.doctor.cluster.context import Context
from slipway.doctor.cluster.webhooks import GROUP, KINDS
from slipway.doctor.finding import Finding, fail, ok, warn
from slipway.errors import BadInput, SlipwayError
from slipway.kube import ApiError, Client
from slipway.render.labels import SELECTOR

SOON = datetime.timedelta(days=30)


def run(ctx: Context) -> list[Finding]:
    """Collect all, judge each by its end."""
    certificates: dict[str, bytes | str] = {}
    if certificate := endpoint.look(ctx.kube.server).certificate:
        certificates["the API server's certificate"] = certificate
    if ctx.kubeconfig:
        certificates |= own(ctx.kubeconfig)
    if ctx.pki and ctx.pki.is_dir():
        certificates |= {str(path): _text(path) for path in sorted(ctx.pki.rglob("*.crt"))}
    certificates |= dict(bundles(ctx.kube))
    certificates |= dict(secrets(ctx.kube, {str(obj["metadata"].get("namespace", "")) for obj in ctx.objects} - {""}))
    return judge(ends(certificates), datetime.datetime.now(datetime.UTC))


def own(kubeconfig: Path) -> dict[str, bytes | str]:
    """Client certificates of a kubeconfig, as far as they stand in it."""
    import yaml

    try:
        users = (yaml.safe_load(kubeconfig.read_text()) or {}).get("users") or []
        data = {user["name"]: (user.get("user") or {}).get("client-certificate-data") for user in users}
    except (OSError, yaml.YAMLError, ValueError, AttributeError, LookupError, TypeError) as error:
        raise BadInput(f"is not a kubeconfig: {' '.join(str(error).split())}", str(kubeconfig)) from error
    return {f"the client certificate of {name} in {kubeconfig}": decoded(text) for name, text in data.items() if text}


def bundles(kube: Client) -> Iterator[tuple[str, str]]:
    """What the API server trusts our webhooks by."""
    for kind in KINDS:
        for obj in kube.objects(GROUP, kind, labels=SELECTOR):
            for hook in obj.get("webhooks") or []:
                if bundle := (hook.get("clientConfig") or {}).get("caBundle"):
                    yield f"the caBundle of {hook['name']}", decoded(bundle)


def secrets(kube: Client, namespaces: set[str]) -> Iterator[tuple[str, str]]:
    """Certificates in Secrets of the plan's namespaces; only what is public of them is looked at."""
    for place in sorted(namespaces):
        try:
            listed = kube.objects("v1", "Secret", place)
        except ApiError as error:
            if error.status != 403:
                raise
            continue
        for obj in listed:
            for key, value in (obj.get("data") or {}).items():
                if key.endswith((".crt", "-cert.pem")):
                    yield f"{key} in Secret {place}/{obj['metadata']['name']}", decoded(value)


def decoded(text: str) -> str:
    """Base64 to PEM; what is neither gives no certificate."""
    return base64.b64decode(text).decode("utf-8", "replace")


def ends(by_name: Mapping[str, bytes | str]) -> dict[str, datetime.datetime | None]:
    """Name → the first end of its certificates; None for one that cannot be read, nothing for none at all."""
    from slipway import certificates

    answers: dict[str, datetime.datetime | None] = {}
    for name, value in by_name.items():
        try:
            if dates := certificates.ends(value):
                answers[name] = min(dates)
        except ValueError:
            answers[name] = None
    return answers


def judge(dates: Mapping[str, datetime.datetime | None], now: datetime.datetime) -> list[Finding]:
    """Ended, ending within a month, or fine."""
    wrong = []
    for name, end in sorted(dates.items()):
        if end is None:
            wrong.append(warn(f"{name} cannot be read", "make it anew"))
        elif end < now:
            wrong.append(fail(f"{name} ended on {end:%Y-%m-%d}", remedy(name)))
        elif end - now < SOON:
            wrong.append(warn(f"{name} ends on {end:%Y-%m-%d}, in {(end - now).days} days", remedy(name)))
    known = {name: end for name, end in dates.items() if end}
    if wrong or not known:
        return wrong or [warn("no certificate was found", "is this a cluster without TLS?")]
    first = min(known, key=lambda name: known[name])
    return [ok(f"{len(known)} certificates; the first to end is {first}, on {known[first]:%Y-%m-%d}")]


def remedy(name: str) -> str:
    """Who renews it."""
    if "Secret ambassador/" in name:
        return "a generated one: slipway install makes it anew; your own: whoever made it renews it"
    if "Secret" in name or "caBundle" in name:
        return "restart the webhook's controller, which renews it; else delete the Secret and run slipway install"
    if "client certificate" in name:
        return "get a new kubeconfig; of the embedded cluster: slipway up"
    return "embedded: slipway cluster stop, then slipway up, renews it; else kubeadm certs renew, or your provider"


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise SlipwayError(f"cannot be read: {error.strerror}", str(path), "run it as root") from error
