"""Custom resources without their controllers: what would hold them, or all of their kind, up for good."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from slipway.kube import ApiError, Client, Obj, Ref, ref_of

#: The garbage collector's own finalizers: it is always there.
STANDARD = {"foregroundDeletion", "orphan"}


def unbind(client: Client, definitions: Iterable[Ref], gone: Collection[Ref]) -> None:
    """Take the conversion webhook off those of the kept CRDs whose Service is among what goes.

    With it no object could be read in any other version than the stored one, and no namespace with such objects could
    end. An installation brings it back.
    """
    services = {(ref.namespace, ref.name) for ref in gone if ref.kind == "Service"}
    for ref in definitions:
        claim = client.get(ref.api_version, ref.kind, ref.name)
        webhook = ((claim or {}).get("spec", {}).get("conversion") or {}).get("webhook") or {}
        service = (webhook.get("clientConfig") or {}).get("service") or {}
        if (service.get("namespace", ""), service.get("name", "")) in services:
            client.patch(ref, {"spec": {"conversion": {"strategy": "None", "webhook": None}}})


def release(client: Client, objects: Iterable[Obj]) -> list[str]:
    """Take the finalizers of controllers off objects whose deletion was asked for; one line for each of these.

    Their controllers are not installed any more, and nobody else does.
    """
    sentences = []
    for obj in objects:
        ref, finalizers = ref_of(obj), obj["metadata"].get("finalizers") or []
        theirs = [name for name in finalizers if name not in STANDARD]
        if not theirs:
            continue
        try:
            client.patch(ref, {"metadata": {"finalizers": [name for name in finalizers if name in STANDARD]}})
        except ApiError as error:
            if error.status != 404:
                raise
            continue
        sentences.append(f"{ref}: its controller is not installed any more; {', '.join(theirs)} was taken off")
    return sentences
