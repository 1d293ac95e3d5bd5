"""Asking the server what it would say to a new object, where no such object may be: nothing is written."""

from __future__ import annotations

from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, ref_of
from slipway.release.refusals.classify import Expected, Failure, classify

#: A namespace that every cluster has.
ELSEWHERE = "default"
_QUERY = {"dryRun": "All", "fieldManager": "slipway", "fieldValidation": "Strict"}


def create(client: Client, obj: Obj) -> None:
    """As if the object were created. Raises as the server refuses it: ApiError 409 for one that is valid and exists."""
    ref = ref_of(obj)
    client.request("POST", client.resource(ref.api_version, ref.kind).path(ref.namespace), body=obj, query=_QUERY)


def create_elsewhere(client: Client, obj: Obj) -> tuple[Failure, SlipwayError] | None:
    """What is not valid in an object whose namespace is not there yet, asked under another name in another namespace.

    None where nothing is known to be wrong: what that namespace's webhooks and policies say of it does not count.
    """
    meta = {key: value for key, value in obj["metadata"].items() if key != "name"}
    asked = {**obj, "metadata": {**meta, "generateName": "slipway-check-", "namespace": ELSEWHERE}}
    try:
        create(client, asked)
    except SlipwayError as error:
        verdict = classify(error, ref_of(obj), Expected())
        return (verdict, error) if verdict.state == "invalid" and verdict.name == "not valid" else None
    return None
