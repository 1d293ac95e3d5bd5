"""The Secret with the gateway's certificate that a user brings: looked at before anything is changed."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from slipway.errors import BadInput
from slipway.kube import Client, Ref
from slipway.kube.gateway_address import CERTIFICATE
from slipway.kube.secret import texts
from slipway.release.secrets import generate
from slipway.release.secrets.certificates import TYPE
from slipway.render import Rendered
from slipway.render.labels import MANAGED_BY


def required(items: Iterable[Rendered], project: str) -> set[Ref]:
    """The Secrets that Services name as their certificate's and that nobody generates."""
    refs = set()
    for item in items:
        generated = generate.refs_of(project, item)
        for obj in item.objects:
            meta = obj["metadata"]
            if obj["kind"] == "Service" and (name := (meta.get("annotations") or {}).get(CERTIFICATE)):
                refs.add(Ref("v1", "Secret", meta["namespace"], name))
        refs -= set(generated)
    return refs


def faults(client: Client, items: Iterable[Rendered], project: str) -> list[str]:
    """One line for each of these Secrets that is not there, or that no server can use."""
    return [f"{ref}: {why}" for ref in sorted(required(items, project)) if (why := _fault(client, ref))]


def refuse(client: Client, items: Iterable[Rendered], project: str) -> None:
    """Raises BadInput for such Secrets."""
    if reasons := faults(client, items, project):
        raise BadInput(
            "the gateway's certificate cannot be used; nothing was changed",
            "components.gateway.settings.tls_secret",
            "kubectl create namespace ambassador; kubectl -n ambassador create secret tls NAME --cert=FILE --key=FILE; "
            "or --set components.gateway.settings.tls=generated",
            tuple(reasons),
        )


def _fault(client: Client, ref: Ref) -> str:
    from slipway import certificates

    secret = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    if secret is None:
        return "does not exist"
    if secret.get("type") != TYPE:
        return f"is of type {secret.get('type')}, not {TYPE}"
    if (secret["metadata"].get("labels") or {}).get(MANAGED_BY) == "slipway":
        return "is one that Slipway has generated, and goes with the setting: choose another name"
    return certificates.fault(texts(secret), datetime.datetime.now(datetime.UTC))
