"""Generated Secrets that end: an authority, and certificates that it signs. A Secret of the user's own stays."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

from slipway.catalog import SecretSpec
from slipway.kube import Client, Obj, Ref
from slipway.kube.gateway_address import outside
from slipway.kube.secret import texts
from slipway.release.secrets.create import created, source
from slipway.release.secrets.spec import CERTIFIED, ref_for, secret_object
from slipway.render import Rendered
from slipway.render.labels import MANAGED_BY

TYPE = "kubernetes.io/tls"
#: Among the names of a certificate: the addresses by which the gateway is reached from outside of the cluster.
OUTSIDE = "{outside}"


def due(client: Client, items: Iterable[Rendered], project: str) -> dict[str, tuple[Ref, str]]:
    """Component → a certificate of it that has to be made anew, and why; those that need nothing are left out."""
    by_name: dict[str, tuple[Ref, str]] = {}
    for item in items:
        for spec in item.component.secrets:
            ref = ref_for(spec, project)
            present = _get(client, ref) if spec.kind in CERTIFIED else None
            if present is not None and (why := _why(client, spec, project, present)):
                by_name.setdefault(item.component.name, (ref, why))
    return by_name


def ensure(client: Client, spec: SecretSpec, component: str, project: str) -> bool:
    """Create the Secret, or replace what it holds where that ends or is for other names; whether anything was done."""
    from slipway import certificates

    ref = ref_for(spec, project)
    present = _get(client, ref)
    if present is not None and not _why(client, spec, project, present):
        return False
    if spec.kind == "authority":
        # One of many installations: whoever trusts several sees which is which.
        values = certificates.authority(f"slipway {ref.namespace} {_cluster(client)}", _now())
    else:
        values = certificates.issue(_signer(client, spec, project), _names(client, spec), _now())
    if present is not None:
        # In place: pods that start meanwhile find one.
        client.patch(ref, {"stringData": values})
        return True
    return created(client, secret_object(ref, component, TYPE, values, {}))


def _why(client: Client, spec: SecretSpec, project: str, present: Obj) -> str:
    """Why a Secret that is there does not do, "" where it does or is the user's own."""
    from slipway import certificates

    if (present["metadata"].get("labels") or {}).get(MANAGED_BY) != "slipway":
        return ""
    data, now = texts(present), _now()
    if spec.kind == "authority":
        if wrong := certificates.fault(data, now):
            return wrong
        # What it signs now must not outlive it.
        ends = certificates.ends_within(data[certificates.CERTIFICATE], certificates.LASTS, now)
        return "it ends before what it would sign" if ends else ""
    return certificates.why_anew(data, _signer(client, spec, project), _names(client, spec), now)


def _signer(client: Client, spec: SecretSpec, project: str) -> Mapping[str, str]:
    return texts(source(client, spec, project, "signed by"))


def _names(client: Client, spec: SecretSpec) -> list[str]:
    there = outside(client) if OUTSIDE in spec.names else []
    return sorted({name for name in (*spec.names, *there) if name != OUTSIDE})


def _get(client: Client, ref: Ref) -> Obj | None:
    return client.get(ref.api_version, ref.kind, ref.name, ref.namespace)


def _cluster(client: Client) -> str:
    namespace = client.get("v1", "Namespace", "kube-system")
    return str(((namespace or {}).get("metadata") or {}).get("uid", ""))[:8]


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
